//! The data of a ceremony.

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::{Challenge, CredentialId, RelyingParty, SignCount};
use crate::user::UserId;

/// The signature algorithms that Hasura Auth asks for, most wanted first, by their numbers in the
/// COSE registry (IANA): ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, `EdDSA`.
pub const ALGORITHMS: [i32; 10] = [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8];

/// What a browser needs to make a key.
#[derive(Debug, Clone, PartialEq)]
pub struct CreationOptions {
    /// The relying party.
    pub relying_party: RelyingParty,
    /// The user the key is going to sign in.
    pub user_id: UserId,
    /// The name that the authenticator shows for the account.
    pub user_name: String,
    /// The challenge to sign.
    pub challenge: Challenge,
    /// Keys that the user has already.
    pub excluded: Vec<CredentialId>,
}

/// What a browser needs to use a key.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestOptions {
    /// The relying party.
    pub relying_party: RelyingParty,
    /// The challenge to sign.
    pub challenge: Challenge,
    /// The keys that may be used; none: any discoverable key.
    pub allowed: Vec<CredentialId>,
}

/// The browser's response after making a key. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Attestation {
    /// The id of the new credential, as the browser gives it.
    pub credential_id: CredentialId,
    /// The client data that was signed (Web Authentication §5.8.1), as JSON.
    pub client_data_json: Vec<u8>,
    /// The attestation object (Web Authentication §6.5.4), as CBOR.
    pub attestation_object: Vec<u8>,
}

/// The browser's response after using a key. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// The credential that signed.
    pub credential_id: CredentialId,
    /// The client data that was signed (Web Authentication §5.8.1), as JSON.
    pub client_data_json: Vec<u8>,
    /// The authenticator data (Web Authentication §6.1).
    pub authenticator_data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
    /// The user the authenticator has the key for, if it says so.
    pub user_handle: Option<UserHandle>,
}

/// The user an authenticator has a key for.
///
/// Hasura Auth sends the text of a user's id. Some browser libraries take that text for base64url
/// and decode it, so that the authenticator stores other bytes; both are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHandle(pub Vec<u8>);

impl UserHandle {
    /// The user, if it names one.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        let parsed = |text: &str| Uuid::try_parse(text).ok().map(UserId);
        let plain = std::str::from_utf8(&self.0).ok().and_then(parsed);
        plain.or_else(|| parsed(&BASE64URL_NOPAD.encode(&self.0)))
    }
}

/// The verified content of an attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredCredential {
    /// The id of the credential.
    pub credential_id: CredentialId,
    /// Its public key as `COSE_Key`.
    pub public_key: Vec<u8>,
    /// Its signature counter.
    pub sign_count: SignCount,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8c3e1f2a-0b4d-4c5e-9f60-a1b2c3d4e5f6";

    #[test]
    fn both_forms_of_a_user_handle_name_the_user() {
        let user = UserId(Uuid::try_parse(ID).unwrap());
        let decoded = BASE64URL_NOPAD.decode(ID.as_bytes()).unwrap();

        assert_eq!(UserHandle(ID.into()).user_id(), Some(user));
        assert_eq!(UserHandle(decoded).user_id(), Some(user));
    }

    #[test]
    fn other_user_handles_name_no_user() {
        for bytes in [vec![], vec![0xff; 16], b"ada".to_vec(), vec![0; 27]] {
            assert_eq!(UserHandle(bytes.clone()).user_id(), None, "{bytes:?}");
        }
    }
}
