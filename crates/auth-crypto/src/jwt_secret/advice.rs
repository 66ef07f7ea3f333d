//! Warnings about members of the JWT secret that Hasura obeys and this server does not.
//!
//! Hasura is configured with the same text. What it does with a member decides whether it accepts
//! our tokens, so every such member is reported.

use serde_json::{Map, Value};

/// Members that have the same effect here and in Hasura, or that only this server needs.
const KNOWN: [&str; 9] = [
    "audience",
    "claims_format",
    "claims_namespace",
    "claims_namespace_path",
    "issuer",
    "key",
    "kid",
    "signing_key",
    "type",
];

/// Members of Hasura, with their effect there.
const HASURAS: [(&str, &str); 4] = [
    (
        "allowed_skew",
        "Hasura goes on taking tokens for so many seconds after their end, and this server does not",
    ),
    (
        "claims_map",
        "Hasura takes each claim from where this member says, while this server writes them all below \
         `claims_namespace`; leave it out unless its paths lead there",
    ),
    (
        "header",
        "Hasura looks for tokens where this member says, and this server in the header `Authorization`",
    ),
    (
        "jwk_url",
        "Hasura takes keys from there and no `key` beside it; leave one of them out there",
    ),
];

/// The longest name that is repeated. A longer one may be a misplaced key.
const LONGEST_NAME: usize = 24;

/// What to say about the members.
pub(super) fn about(members: &Map<String, Value>) -> Vec<String> {
    let is_set = |name: &str| !is_nothing(members.get(name));
    let known = HASURAS.iter().filter(|(name, _)| is_set(name));
    let mut advice: Vec<_> = known
        .map(|(name, what)| format!("`{name}` has no effect here: {what}"))
        .collect();
    let unknown = members.keys().filter(|name| !is_known(name));
    advice.extend(unknown.map(|name| {
        format!(
            "{} is known neither here nor to Hasura, and has no effect",
            shown(name)
        )
    }));
    if is_set("claims_namespace") && is_set("claims_namespace_path") {
        advice.push(
            "`claims_namespace` and `claims_namespace_path` are both set: Hasura does not start with \
             that, and this server follows the path"
                .to_owned(),
        );
    }
    advice.extend(format_advice(members));
    advice.extend(length_advice(members));
    if members.get("type").and_then(Value::as_str) == Some("EdDSA") {
        advice.push(
            "Hasura knows the `type` EdDSA as Ed25519; write that, here and there".to_owned(),
        );
    }
    advice
}

fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || HASURAS.iter().any(|(known, _)| *known == name)
}

fn shown(name: &str) -> String {
    let plain = |it: char| it.is_ascii_lowercase() || it == '_';
    if name.len() <= LONGEST_NAME && name.chars().all(plain) {
        format!("`{name}`")
    } else {
        "a member".to_owned()
    }
}

fn format_advice(members: &Map<String, Value>) -> Option<String> {
    match members.get("claims_format").and_then(Value::as_str) {
        None | Some("" | "json" | "stringified_json") => None,
        Some(_) => Some(
            "`claims_format` is neither `json` nor `stringified_json`: Hasura does not start with \
             that, and this server writes JSON"
                .to_owned(),
        ),
    }
}

/// Hasura wants as many bytes as the hash has. One below 32 is reported elsewhere.
fn length_advice(members: &Map<String, Value>) -> Option<String> {
    let name = members.get("type")?.as_str()?;
    let least = match name {
        "HS384" => 48,
        "HS512" => 64,
        _ => return None,
    };
    let length = members.get("key")?.as_str()?.len();
    (32..least).contains(&length).then(|| {
        format!(
            "the key has {length} bytes, and for {name} Hasura wants {least} and does not start with \
             fewer; use a longer one here and there, or HS256"
        )
    })
}
