//! Security keys whose signature is the challenge.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    ports::{CeremonyError, WebAuthn},
    security_key::{
        Assertion, Attestation, Challenge, InvalidRelyingParty, RegisteredCredential, RelyingParty,
        SecurityKey, SignCount,
    },
};

/// Verifies security keys that sign with nothing but their public key.
#[derive(Debug)]
pub struct PlainWebAuthn(RelyingParty);

impl PlainWebAuthn {
    /// With the relying party `localhost`, and a minute for each ceremony.
    ///
    /// # Errors
    ///
    /// None: the domain is one that keys can be bound to.
    pub fn new() -> Result<Self, InvalidRelyingParty> {
        let origins = ["http://localhost:3000"];
        RelyingParty::new("localhost", "Tests", &origins, Duration::from_mins(1)).map(Self)
    }

    /// The browser's response for a key that signs once more.
    #[must_use]
    pub fn assertion(key: &SecurityKey, challenge: &Challenge) -> Assertion {
        let sign_count = key.sign_count.0.saturating_add(1);
        Assertion {
            credential_id: key.credential_id.clone(),
            client_data_json: format!(r#"{{"challenge":"{}"}}"#, challenge.text()).into(),
            authenticator_data: sign_count.to_be_bytes().to_vec(),
            signature: signature(&key.public_key, challenge),
            user_handle: None,
        }
    }
}

fn signature(public_key: &[u8], challenge: &Challenge) -> Vec<u8> {
    [public_key, challenge.as_bytes()].concat()
}

fn refused() -> CeremonyError {
    CeremonyError::Refused("it is not what this key signs".into())
}

#[async_trait]
impl WebAuthn for PlainWebAuthn {
    fn relying_party(&self) -> &RelyingParty {
        &self.0
    }

    /// The attestation object of such a key is its signature, and its public key is its id.
    async fn verify_attestation(
        &self,
        attestation: Attestation,
        challenge: &Challenge,
    ) -> Result<RegisteredCredential, CeremonyError> {
        let public_key = attestation.credential_id.as_bytes().to_vec();
        if attestation.attestation_object != signature(&public_key, challenge) {
            return Err(refused());
        }
        Ok(RegisteredCredential {
            credential_id: attestation.credential_id,
            public_key,
            sign_count: SignCount(0),
        })
    }

    async fn verify_assertion(
        &self,
        assertion: Assertion,
        challenge: &Challenge,
        key: &SecurityKey,
    ) -> Result<SignCount, CeremonyError> {
        if assertion.signature != signature(&key.public_key, challenge) {
            return Err(refused());
        }
        let count = <[u8; 4]>::try_from(assertion.authenticator_data.as_slice());
        let count = count.map_err(|error| CeremonyError::Refused(error.into()))?;
        let count = SignCount(u32::from_be_bytes(count));
        if count <= key.sign_count {
            return Err(CeremonyError::Cloned);
        }
        Ok(count)
    }
}
