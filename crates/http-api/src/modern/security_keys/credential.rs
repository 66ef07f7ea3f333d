//! What a browser brings, as `PublicKeyCredential.toJSON()` writes it (Web Authentication §5.1).

use auth_domain::security_key::{Assertion, Attestation, CredentialId, UserHandle};
use data_encoding::BASE64URL_NOPAD;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};
use utoipa::{
    ToSchema,
    openapi::{KnownFormat, SchemaFormat},
};

use crate::extract::schema::{schema, text};

/// A credential of some shape. One of another shape is `None`: that is for the service to refuse,
/// when it is the credential's turn. Unknown members are ignored, because browsers add new ones.
pub(crate) struct Credential<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Credential<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::<String, Value>::deserialize(deserializer)?;
        Ok(Self(T::deserialize(Value::Object(members)).ok()))
    }
}

impl Credential<AttestationBody> {
    /// What was brought of a new key, if it can be that.
    pub(super) fn attestation(self) -> Option<Attestation> {
        let body = self.0.filter(|body| body.id == body.raw_id)?;
        Some(Attestation {
            credential_id: CredentialId::new(body.raw_id.0).ok()?,
            client_data_json: body.response.client_data_json.0,
            attestation_object: body.response.attestation_object.0,
        })
    }
}

impl Credential<AssertionBody> {
    /// What was brought of a used key, if it can be that.
    pub(super) fn assertion(self) -> Option<Assertion> {
        let body = self.0.filter(|body| body.id == body.raw_id)?;
        let handle = body.response.user_handle.map(|it| it.0);
        Some(Assertion {
            credential_id: CredentialId::new(body.raw_id.0).ok()?,
            client_data_json: body.response.client_data_json.0,
            authenticator_data: body.response.authenticator_data.0,
            signature: body.response.signature.0,
            // Some libraries write an empty one where there is none.
            user_handle: handle.filter(|it| !it.is_empty()).map(UserHandle),
        })
    }
}

/// A key that was made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CredentialCreationResponse)]
pub(crate) struct AttestationBody {
    id: Base64Url,
    raw_id: Base64Url,
    #[serde(rename = "type")]
    _kind: CredentialType,
    response: AttestationResponseBody,
}

/// What the authenticator said of it.
#[derive(Deserialize, ToSchema)]
#[schema(as = AuthenticatorAttestationResponse)]
struct AttestationResponseBody {
    #[serde(rename = "clientDataJSON")]
    client_data_json: Base64Url,
    #[serde(rename = "attestationObject")]
    attestation_object: Base64Url,
}

/// A key that was used.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CredentialAssertionResponse)]
pub(crate) struct AssertionBody {
    id: Base64Url,
    raw_id: Base64Url,
    #[serde(rename = "type")]
    _kind: CredentialType,
    response: AssertionResponseBody,
}

/// What the authenticator signed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuthenticatorAssertionResponse)]
struct AssertionResponseBody {
    #[serde(rename = "clientDataJSON")]
    client_data_json: Base64Url,
    authenticator_data: Base64Url,
    signature: Base64Url,
    user_handle: Option<Base64Url>,
}

/// The only kind there is.
#[derive(Deserialize, ToSchema)]
#[schema(as = PublicKeyCredentialType)]
enum CredentialType {
    #[serde(rename = "public-key")]
    PublicKey,
}

/// Bytes in base64url; in the alphabet of base64 and with padding they are understood as well, as
/// Hasura Auth does.
#[derive(PartialEq)]
struct Base64Url(Vec<u8>);

schema!(
    Base64Url,
    "Base64Url",
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Byte)))
);

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim_end_matches('=');
        let text = text.replace('+', "-").replace('/', "_");
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        decoded
            .map(Self)
            .map_err(|_invalid| Error::custom("bytes in base64url are expected"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn assertion(credential: Value) -> Option<Assertion> {
        from_value::<Credential<AssertionBody>>(credential)
            .unwrap()
            .assertion()
    }

    fn sample() -> Value {
        json!({
            "id": "-_8A",
            "rawId": "-_8A",
            "type": "public-key",
            "response": {
                "clientDataJSON": "AA",
                "authenticatorData": "AQ==",
                "signature": "+/8",
                "userHandle": null,
            },
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "comesLater": 1,
        })
    }

    #[test]
    fn an_assertion_is_read_in_either_alphabet_and_with_members_nobody_knows() {
        let read = assertion(sample()).unwrap();

        assert_eq!(read.credential_id.as_bytes(), [0xfb, 0xff, 0]);
        assert_eq!(read.authenticator_data, [1]);
        assert_eq!(read.signature, [0xfb, 0xff]);
        assert_eq!(read.user_handle, None);
    }

    #[test]
    fn an_empty_user_handle_is_none() {
        let mut credential = sample();
        credential["response"]["userHandle"] = json!("");
        assert_eq!(assertion(credential).unwrap().user_handle, None);

        let mut credential = sample();
        credential["response"]["userHandle"] = json!("AAA");
        let handle = assertion(credential).unwrap().user_handle;
        assert_eq!(handle, Some(UserHandle(vec![0, 0])));
    }

    #[test]
    fn another_shape_is_no_assertion_and_no_error() {
        for (path, value) in [
            ("/id", json!("AAAA")),
            ("/id", json!("")),
            ("/rawId", json!(7)),
            ("/type", json!("password")),
            ("/response", json!([])),
            ("/response/signature", json!("!")),
            ("/response/clientDataJSON", json!(null)),
        ] {
            let mut credential = sample();
            *credential.pointer_mut(path).unwrap() = value;
            assert!(assertion(credential).is_none(), "{path}");
        }
        assert!(assertion(json!({})).is_none());
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for credential in [json!(null), json!("x"), json!([])] {
            assert!(from_value::<Credential<AssertionBody>>(credential).is_err());
        }
    }
}
