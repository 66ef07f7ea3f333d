//! The key set that verifies access tokens (RFC 7517).

use auth_domain::ports::PublicKeys;
use josekit::{Map, Value, jwk::Jwk};
use serde_json::json;

/// The set that holds `key` under the name `key_id`, or no key: a shared secret is not published.
///
/// Early releases of Hasura Auth wrote `null` in place of the empty list. Later ones write the
/// list, which is what RFC 7517 §5.1 asks for and what clients can iterate over.
pub(crate) fn key_set(algorithm: &str, key: Option<&Jwk>, key_id: &str) -> PublicKeys {
    let keys: Vec<_> = key
        .map(|key| published(algorithm, key, key_id))
        .into_iter()
        .collect();
    PublicKeys(json!({ "keys": keys }).to_string())
}

fn published(algorithm: &str, key: &Jwk, key_id: &str) -> Map<String, Value> {
    let mut key = key.clone();
    key.set_algorithm(algorithm);
    key.set_key_use("sig");
    key.set_key_id(key_id);
    key.into()
}
