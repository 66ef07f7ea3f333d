//! Signing in and linking with ID tokens that apps bring.

use super::{
    ProviderProfile, ProviderSignInError, ProviderSignInService,
    matching::{ProviderSignInAttempt, ProviderSignInOutcome},
};
use crate::{
    identity::ProviderId,
    ports::IdTokenError,
    secret::Secret,
    services::{
        account::sign_up::{SignUpOptions, SignUpRefusal, SignedUp},
        sign_in::{email::Audience, provider::ProviderSignInRefusal},
        steps::session_opening::NewJwtSession,
    },
    session::{AccessIdentity, AuthMethod},
};

/// An ID token with its nonce.
#[derive(Debug, Clone)]
pub struct IdTokenProof {
    /// The issuer.
    pub provider: ProviderId,
    /// The token.
    pub token: Secret,
    /// The nonce that the token has to repeat (replay), if any.
    pub nonce: Option<Secret>,
}

/// A request to sign in with an ID token.
#[derive(Debug, Clone)]
pub struct IdTokenSignIn {
    /// The token.
    pub proof: IdTokenProof,
    /// Options of a new account.
    pub options: SignUpOptions,
    /// Which users may sign in.
    pub audience: Audience,
}

impl ProviderSignInService {
    /// Signs in the subject of an ID token, unless a new user has to verify their address first.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`].
    pub async fn with_id_token(
        &self,
        request: IdTokenSignIn,
    ) -> Result<SignedUp, ProviderSignInError> {
        let profile = self.proven(request.proof).await?;
        let accounts = &self.ctx.policy.accounts;
        let email = profile.identity.email.as_ref();
        if !email.is_some_and(|it| accounts.email_access.accepts(it)) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let attempt = ProviderSignInAttempt {
            profile,
            options: request.options,
            audience: request.audience,
            code_challenge: None,
        };
        let open = |user| NewJwtSession::new(&self.ctx, user, AuthMethod::Provider);
        Ok(match self.enter(attempt, open).await? {
            ProviderSignInOutcome::SignedIn(user, opening) => {
                let session = opening.finish(&self.ctx, *user).await?;
                SignedUp::Session(Box::new(session))
            }
            ProviderSignInOutcome::VerificationPending => SignedUp::VerificationPending,
        })
    }

    /// Links the account of the signed-in user with the subject of an ID token.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`].
    pub async fn link_id_token(
        &self,
        caller: impl Into<AccessIdentity>,
        proof: IdTokenProof,
    ) -> Result<(), ProviderSignInError> {
        let profile = self.proven(proof).await?;
        self.link(caller.into(), profile.key).await
    }

    async fn proven(&self, proof: IdTokenProof) -> Result<ProviderProfile, ProviderSignInError> {
        let providers = &self.ctx.providers;
        let verifier = providers.find_id_tokens(&proof.provider);
        let verifier = verifier.ok_or(ProviderSignInRefusal::ProviderDisabled)?;
        match verifier.verify(&proof.token, proof.nonce.as_ref()).await {
            Ok(identity) => Ok(self.profile(proof.provider, identity)),
            Err(IdTokenError::Invalid) => Err(ProviderSignInRefusal::InvalidIdToken.into()),
            Err(error @ IdTokenError::Unavailable(_)) => {
                Err(ProviderSignInRefusal::Unavailable(error.into()).into())
            }
        }
    }
}
