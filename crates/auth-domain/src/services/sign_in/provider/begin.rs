//! Redirecting a browser to a provider.

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

/// The life of a flow: long enough to find a password and a second factor at the provider. (Hasura
/// Auth gives a minute.)
const FLOW_TTL: Duration = Duration::from_mins(10);

/// A request to sign in with a provider, or to link an account.
#[derive(Debug, Clone)]
pub struct ProviderFlowRequest {
    /// The provider.
    pub provider: ProviderId,
    /// Options of a new account; for an existing one only the redirect counts.
    pub options: SignUpOptions,
    /// The access token of the user whose account is to be linked; `None` for signing in.
    pub connect: Option<Secret>,
    /// The client's own state, which it gets back with the redirect.
    pub client_state: Option<String>,
    /// The challenge of the client that receives the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
    /// Which users may sign in.
    pub audience: Audience,
}

/// A flow that has begun.
#[derive(Debug, Clone)]
pub struct BegunFlow {
    /// Where to send the browser.
    pub authorize: Url,
    /// The provider's `state` parameter; it comes back in the callback.
    pub state: Secret,
    /// The cookie that binds the flow to the browser (login CSRF).
    pub mark: FlowBindingCookie,
    /// How long the browser has to keep it.
    pub ttl: Duration,
}

impl ProviderSignInService {
    /// Begins a flow.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`]. The failure has no redirect if the requested one is not allowed
    /// (open redirect).
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
        let authorization = AuthorizationRequest {
            state: state.clone(),
            callback: self.callback(&request.provider)?,
            proof: flow.proof,
        };
        let asked = provider.authorize(&authorization).await;
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

    /// The redirect URI of a provider. It is never taken from a request.
    pub(super) fn callback(&self, provider: &ProviderId) -> Result<Url, ProviderSignInError> {
        let server = &self.ctx.policy.server_url;
        Url::parse(&format!("{server}/signin/provider/{provider}/callback"))
            .map_err(|error| ProviderSignInRefusal::Unavailable(error.into()).into())
    }

    /// Linking is as delicate as setting a password: it adds another way to sign in.
    async fn linking(&self, token: &Secret) -> Result<FlowPurpose, ProviderSignInError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        let identified = current_user.identify(token.expose());
        let caller = identified.map_err(|_invalid| CurrentUserRefusal::InvalidToken)?;
        let elevation = ElevationService::new(self.ctx.clone());
        elevation.check(caller, DelicateAction::Any).await?;
        Ok(FlowPurpose::link(caller))
    }
}
