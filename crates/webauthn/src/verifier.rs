//! Verifying attestations and assertions.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{
    error::Cause,
    ports::{CeremonyError, WebAuthn},
    security_key::{
        Assertion, Attestation, Challenge, CredentialId, RegisteredCredential, RelyingParty,
        SecurityKey, SignCount,
    },
};
use serde_json::{Value, json};
use url::Url;
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AttestationFormat, AuthenticationExtensionsClientOutputs, AuthenticationState,
        AuthenticatorAssertionResponseRaw, AuthenticatorAttestationResponseRaw, Credential,
        ParsedAttestation, PublicKeyCredential, RegisterPublicKeyCredential, RegisteredExtensions,
        RegistrationExtensionsClientOutputs, RegistrationState, UserVerificationPolicy,
    },
};

use crate::public_key;

/// [`WebAuthn`] by `webauthn-rs-core`.
///
/// Verifying one signature takes about a millisecond, and longer with certificates, so it is done
/// on the runtime's threads for blocking work.
#[derive(Debug)]
pub struct CoreWebAuthn {
    relying_party: RelyingParty,
    core: Arc<WebauthnCore>,
}

/// An origin of the domain is not a URL, which cannot happen.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a URL")]
pub struct NoUrl(String);

/// Why a response could not even be verified.
#[derive(Debug, thiserror::Error)]
enum VerifierFailure {
    #[error("verifying the response of an authenticator panicked")]
    Failed,
    #[error("the state of the ceremony cannot be written")]
    State(#[source] serde_json::Error),
    #[error("the public key cannot be written")]
    PublicKey(#[source] serde_cbor_2::Error),
}

impl CoreWebAuthn {
    /// Verifies for `relying_party`.
    ///
    /// # Errors
    ///
    /// [`NoUrl`] when an origin is not a URL, which a [`RelyingParty`] does not let happen.
    pub fn new(relying_party: RelyingParty) -> Result<Self, NoUrl> {
        let origins = relying_party.origins().iter().map(|origin| {
            let text = origin.as_str();
            Url::parse(text).ok().ok_or_else(|| NoUrl(text.to_owned()))
        });
        let core = WebauthnCore::new_unsafe_experts_only(
            relying_party.name(),
            relying_party.id(),
            origins.collect::<Result<_, _>>()?,
            relying_party.timeout(),
            // Neither subdomains of an origin, nor other ports.
            Some(false),
            Some(false),
        );
        Ok(Self {
            relying_party,
            core: Arc::new(core),
        })
    }

    async fn verify_blocking<T: Send + 'static>(
        &self,
        verify: impl FnOnce(&WebauthnCore) -> Result<T, CeremonyError> + Send + 'static,
    ) -> Result<T, CeremonyError> {
        let core = Arc::clone(&self.core);
        let verified = tokio::task::spawn_blocking(move || verify(&core)).await;
        verified.unwrap_or_else(|failure| {
            // No input is known to make it panic; one that does is refused.
            tracing::error!(%failure, "verifying a security key panicked");
            Err(refused(VerifierFailure::Failed))
        })
    }
}

#[async_trait]
impl WebAuthn for CoreWebAuthn {
    fn relying_party(&self) -> &RelyingParty {
        &self.relying_party
    }

    async fn verify_attestation(
        &self,
        attestation: Attestation,
        challenge: &Challenge,
    ) -> Result<RegisteredCredential, CeremonyError> {
        let state = registration_state(challenge).map_err(refused)?;
        self.verify_blocking(move |core| registered(core, attestation, &state))
            .await
    }

    async fn verify_assertion(
        &self,
        assertion: Assertion,
        challenge: &Challenge,
        key: &SecurityKey,
    ) -> Result<SignCount, CeremonyError> {
        let state = authentication_state(challenge).map_err(refused)?;
        let key = key.clone();
        self.verify_blocking(move |core| asserted(core, assertion, &state, &key))
            .await
    }
}

fn refused(cause: impl Into<Cause>) -> CeremonyError {
    CeremonyError::Refused(cause.into())
}

fn registered(
    core: &WebauthnCore,
    attestation: Attestation,
    state: &RegistrationState,
) -> Result<RegisteredCredential, CeremonyError> {
    let claimed = attestation.credential_id.as_bytes();
    let answer = RegisterPublicKeyCredential {
        id: attestation.credential_id.text(),
        raw_id: claimed.to_vec(),
        response: AuthenticatorAttestationResponseRaw {
            attestation_object: attestation.attestation_object,
            client_data_json: attestation.client_data_json,
            transports: None,
        },
        type_: "public-key".to_owned(),
        extensions: RegistrationExtensionsClientOutputs::default(),
    };
    let credential = core
        .register_credential(&answer, state, None)
        .map_err(refused)?;
    if credential.cred_id != claimed {
        return Err(refused(WebauthnError::CredentialNotFound));
    }
    let public_key = public_key::write(&credential.cred)
        .map_err(|error| refused(VerifierFailure::PublicKey(error)))?;
    Ok(RegisteredCredential {
        credential_id: CredentialId::new(credential.cred_id).map_err(refused)?,
        public_key,
        sign_count: SignCount(credential.counter),
    })
}

fn asserted(
    core: &WebauthnCore,
    assertion: Assertion,
    state: &AuthenticationState,
    key: &SecurityKey,
) -> Result<SignCount, CeremonyError> {
    // `webauthn-rs-core` checks that of attestations, but not of assertions.
    if is_cross_origin(&assertion.client_data_json) {
        return Err(refused(WebauthnError::CredentialCrossOrigin));
    }
    let credential = credential(key, &assertion).map_err(refused)?;
    let answer = PublicKeyCredential {
        id: assertion.credential_id.text(),
        raw_id: assertion.credential_id.as_bytes().to_vec(),
        response: AuthenticatorAssertionResponseRaw {
            authenticator_data: assertion.authenticator_data,
            client_data_json: assertion.client_data_json,
            signature: assertion.signature,
            // The domain has checked whose key it is.
            user_handle: None,
        },
        extensions: AuthenticationExtensionsClientOutputs::default(),
        type_: "public-key".to_owned(),
    };
    match core.authenticate_single_credential(&answer, state, &credential) {
        Ok(judged) => Ok(SignCount(judged.counter())),
        Err(WebauthnError::CredentialPossibleCompromise) => Err(CeremonyError::Cloned),
        Err(error) => Err(refused(error)),
    }
}

/// The key as `webauthn-rs-core` wants it. What is not stored is taken from the assertion, or makes
/// no difference.
fn credential(key: &SecurityKey, assertion: &Assertion) -> Result<Credential, WebauthnError> {
    Ok(Credential {
        cred_id: key.credential_id.as_bytes().to_vec(),
        cred: public_key::read(&key.public_key)?,
        counter: key.sign_count.0,
        transports: None,
        user_verified: false,
        backup_eligible: is_backup_eligible(&assertion.authenticator_data),
        backup_state: false,
        registration_policy: UserVerificationPolicy::Preferred,
        extensions: RegisteredExtensions::default(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

/// Whether the page was a frame inside one of another origin, where a user may sign what they do
/// not see (clickjacking, Web Authentication §13.4.2).
fn is_cross_origin(client_data_json: &[u8]) -> bool {
    let data: Result<Value, _> = serde_json::from_slice(client_data_json);
    data.is_ok_and(|data| data.get("crossOrigin") == Some(&Value::Bool(true)))
}

/// Bit 3 of the flags, which follow the hash of the domain (Web Authentication §6.1).
fn is_backup_eligible(authenticator_data: &[u8]) -> bool {
    authenticator_data
        .get(32)
        .is_some_and(|flags| flags & 0b1000 != 0)
}

/// Built from its stored form: `webauthn-rs-core` offers no other way to bring one's own challenge.
fn registration_state(challenge: &Challenge) -> Result<RegistrationState, VerifierFailure> {
    read(json!({
        "policy": UserVerificationPolicy::Preferred,
        "exclude_credentials": [],
        "challenge": challenge.text(),
        "credential_algorithms": public_key::ALGORITHMS,
        "require_resident_key": false,
        "authenticator_attachment": null,
        "extensions": {},
        "allow_synchronised_authenticators": true,
    }))
}

/// See [`registration_state`].
fn authentication_state(challenge: &Challenge) -> Result<AuthenticationState, VerifierFailure> {
    read(json!({
        "credentials": [],
        "policy": UserVerificationPolicy::Preferred,
        "challenge": challenge.text(),
        "appid": null,
        "allow_backup_eligible_upgrade": false,
    }))
}

fn read<T: serde::de::DeserializeOwned>(state: Value) -> Result<T, VerifierFailure> {
    serde_json::from_value(state).map_err(VerifierFailure::State)
}

#[cfg(test)]
mod tests;
