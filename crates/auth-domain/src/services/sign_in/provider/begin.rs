//! Sending somebody to a provider.

use std::time::Duration;

use url::Url;

use super::{
    FlowFailure, ProviderSignInError, ProviderSignInService,
    flow::{FlowPurpose, SignInFlow},
};
use crate::{
    flow_binding::FlowBindingCookie,
    identity::ProviderId,
    ports::{AuthorizationRequest, PkceAndNonce, Provider},
    sealed::SealContext,
    secret::Secret,
    services::{
        account::{
            current_user::{CurrentUserRefusal, CurrentUserService},
            sign_up::SignUpOptions,
        },
        elevation::{DelicateAction, ElevationService},
        sign_in::{email::Audience, provider::ProviderSignInRefusal},
    },
    session::{CodeChallenge, CodeVerifier},
};

/// How long somebody may be at a provider: long enough to find a password and a second factor there.
/// (Hasura Auth gives a minute.)
const FLOW_TTL: Duration = Duration::from_mins(10);

/// A wish to be sent to a provider.
#[derive(Debug, Clone)]
pub struct ProviderFlowRequest {
    /// Which.
    pub provider: ProviderId,
    /// What a new account is to be like; for an existing one only the redirect counts.
    pub options: SignUpOptions,
    /// The access token of somebody whose account is to be linked; `None` for signing in.
    pub connect: Option<Secret>,
    /// What the client wants back with the redirect.
    pub client_state: Option<String>,
    /// What the client will prove itself with after the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
    /// What to do about people without an account, and with one.
    pub audience: Audience,
}

/// A flow that has begun.
#[derive(Debug, Clone)]
pub struct BegunFlow {
    /// Where to send the browser.
    pub authorize: Url,
    /// The provider's `state`; it comes back in the callback.
    pub state: Secret,
    /// What the browser has to keep until then.
    pub mark: FlowBindingCookie,
    /// For how long.
    pub ttl: Duration,
}

impl ProviderSignInService {
    /// Begins a flow.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`]. There is nowhere to lead to when the redirect is not allowed.
    pub async fn begin(&self, request: ProviderFlowRequest) -> Result<BegunFlow, FlowFailure> {
        let redirects = &self.ctx.policy.redirects;
        let checked = redirects.check(request.options.redirect_to.as_deref());
        let redirect_to = checked.map_err(|_not_allowed| FlowFailure {
            redirect_to: None,
            client_state: None,
            error: ProviderSignInRefusal::RedirectNotAllowed.into(),
        })?;
        let client_state = request.client_state.clone();
        self.send_there(request).await.map_err(|error| FlowFailure {
            redirect_to: Some(redirect_to),
            client_state,
            error,
        })
    }

    async fn send_there(
        &self,
        request: ProviderFlowRequest,
    ) -> Result<BegunFlow, ProviderSignInError> {
        let provider = self.provider(&request.provider)?;
        let purpose = match &request.connect {
            Some(token) => self.linking(token).await?,
            None => FlowPurpose::Enter(request.audience),
        };
        let ctx = &self.ctx;
        let ids = &ctx.ids;
        let mark = FlowBindingCookie::new(ids.token_bytes());
        let flow = SignInFlow {
            purpose,
            options: request.options,
            client_state: request.client_state,
            code_challenge: request.code_challenge,
            proof: PkceAndNonce {
                verifier: CodeVerifier::new(ids.token_bytes()),
                nonce: Secret::new(ids.uuid().to_string()),
            },
            mark: mark.hashed(),
            expires_at: ctx.clock.now() + FLOW_TTL,
        };
        let context = SealContext::ProviderFlow(request.provider.clone());
        let state = flow.seal(ctx.secrets.as_ref(), &context)?;
        let question = AuthorizationRequest {
            state: state.clone(),
            callback: self.callback(&request.provider)?,
            proof: flow.proof,
        };
        let asked = provider.authorize(&question).await;
        let authorize = asked.map_err(|error| Self::log_and_map(&request.provider, error))?;
        Ok(BegunFlow {
            authorize,
            state,
            mark,
            ttl: FLOW_TTL,
        })
    }

    /// The provider of that name.
    pub(super) fn provider(&self, id: &ProviderId) -> Result<&dyn Provider, ProviderSignInError> {
        let found = self.ctx.providers.find(id);
        found
            .map(AsRef::as_ref)
            .ok_or(ProviderSignInRefusal::ProviderDisabled.into())
    }

    /// Where a provider sends browsers back to. It is never taken from a request.
    pub(super) fn callback(&self, provider: &ProviderId) -> Result<Url, ProviderSignInError> {
        let server = &self.ctx.policy.server_url;
        Url::parse(&format!("{server}/signin/provider/{provider}/callback"))
            .map_err(|error| ProviderSignInRefusal::Unavailable(error.into()).into())
    }

    /// Linking is as delicate as setting a password: it is one more way into the account.
    async fn linking(&self, token: &Secret) -> Result<FlowPurpose, ProviderSignInError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        let identified = current_user.identify(token.expose());
        let caller = identified.map_err(|_invalid| CurrentUserRefusal::InvalidToken)?;
        let elevation = ElevationService::new(self.ctx.clone());
        elevation.check(caller, DelicateAction::Any).await?;
        Ok(FlowPurpose::link(caller))
    }
}
