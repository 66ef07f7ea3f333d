//! The judge.

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
/// Judging one signature takes about a millisecond, and longer where certificates are attached, so
/// it is done on the threads that the runtime keeps for blocking work.
#[derive(Debug)]
pub struct CoreWebAuthn {
    relying_party: RelyingParty,
    core: Arc<WebauthnCore>,
}

/// An origin that the domain has read is no URL; which cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a URL")]
pub struct NoUrl(String);

/// What an authenticator said could not even be judged.
#[derive(Debug, thiserror::Error)]
enum Unjudged {
    #[error("what the authenticator said made the judge fail")]
    Failed,
    #[error("the state of the ceremony cannot be written")]
    State(#[source] serde_json::Error),
    #[error("the public key cannot be written")]
    PublicKey(#[source] serde_cbor_2::Error),
}

impl CoreWebAuthn {
    /// Judges on behalf of `relying_party`.
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
            // Neither other hosts below an origin's, nor other ports.
            Some(false),
            Some(false),
        );
        Ok(Self {
            relying_party,
            core: Arc::new(core),
        })
    }

    async fn judge<T: Send + 'static>(
        &self,
        judge: impl FnOnce(&WebauthnCore) -> Result<T, CeremonyError> + Send + 'static,
    ) -> Result<T, CeremonyError> {
        let core = Arc::clone(&self.core);
        let judged = tokio::task::spawn_blocking(move || judge(&core)).await;
        judged.unwrap_or_else(|failure| {
            // No input is known to do that; one that does is no proof of anything.
            tracing::error!(%failure, "judging a security key failed");
            Err(refused(Unjudged::Failed))
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
        self.judge(move |core| registered(core, attestation, &state))
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
        self.judge(move |core| asserted(core, assertion, &state, &key))
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
    let public_key =
        public_key::write(&credential.cred).map_err(|error| refused(Unjudged::PublicKey(error)))?;
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
    // Of assertions `webauthn-rs-core` does not ask that; of attestations it does.
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
            // Whose key it is, the domain has checked.
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

/// The key as `webauthn-rs-core` wants it. What is not stored of it does not matter: it is what the
/// assertion says, or what makes no difference.
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

/// Whether the page was a frame inside one of another origin, which could make people sign what they
/// do not see (Web Authentication §13.4.2).
fn is_cross_origin(client_data_json: &[u8]) -> bool {
    let data: Result<Value, _> = serde_json::from_slice(client_data_json);
    data.is_ok_and(|data| data.get("crossOrigin") == Some(&Value::Bool(true)))
}

/// Bit 3 of the flags, which stand behind the hash of the domain (Web Authentication §6.1).
fn is_backup_eligible(authenticator_data: &[u8]) -> bool {
    authenticator_data
        .get(32)
        .is_some_and(|flags| flags & 0b1000 != 0)
}

/// `webauthn-rs-core` gives no other way to bring a challenge of one's own than the form in which a
/// state is stored.
fn registration_state(challenge: &Challenge) -> Result<RegistrationState, Unjudged> {
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
fn authentication_state(challenge: &Challenge) -> Result<AuthenticationState, Unjudged> {
    read(json!({
        "credentials": [],
        "policy": UserVerificationPolicy::Preferred,
        "challenge": challenge.text(),
        "appid": null,
        "allow_backup_eligible_upgrade": false,
    }))
}

fn read<T: serde::de::DeserializeOwned>(state: Value) -> Result<T, Unjudged> {
    serde_json::from_value(state).map_err(Unjudged::State)
}

#[cfg(test)]
mod tests;
