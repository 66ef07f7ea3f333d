//! The callback of a provider.

use chrono::TimeDelta;

use super::{
    FlowFailure, ProviderSignInError, ProviderSignInService,
    authorization_error::AuthorizationError,
    flow::{FlowPurpose, SignInFlow},
    matching::{ProviderSignInAttempt, ProviderSignInOutcome},
};
use crate::{
    error::StoreError,
    flow_binding::{EndedFlow, FlowBindingCookie},
    identity::ProviderId,
    ports::{AuthorizationResponse, Parameters},
    redirect::RedirectUrl,
    sealed::SealContext,
    services::{
        sign_in::provider::ProviderSignInRefusal,
        steps::{
            grant::{Grant, NewGrant},
            retry::retry,
        },
    },
    session::{AccessIdentity, AuthMethod},
};

/// How much the clocks of servers that share a store may differ: a slow one accepts a flow when the
/// others no longer do.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(10);

/// What a browser brings back from a provider.
#[derive(Debug, Clone)]
pub struct ProviderCallback {
    /// The provider in the callback's path.
    pub provider: ProviderId,
    /// The provider's `state` parameter.
    pub state: String,
    /// The cookie that binds the flow to the browser.
    pub mark: Option<FlowBindingCookie>,
    /// The provider's error response, if it is one.
    pub authorization_error: Option<AuthorizationError>,
    /// Everything else.
    pub parameters: Parameters,
}

/// The result of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedFlow {
    /// The redirect.
    pub redirect_to: RedirectUrl,
    /// The client's own state, which it gets back.
    pub client_state: Option<String>,
    /// What the client gets. Nothing where an account was linked, or an address has to be verified
    /// first.
    pub grant: Grant,
}

impl ProviderSignInService {
    /// Ends a flow: signs the user in, or links their account. A flow ends once, whatever the
    /// outcome, and before the provider is asked (replay): of two concurrent callbacks, one is
    /// processed.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`]. A flow that is not valid redirects to the client's own URL
    /// only, as does a provider's error response.
    pub async fn finish(&self, callback: ProviderCallback) -> Result<FinishedFlow, FlowFailure> {
        let redirects = &self.ctx.policy.redirects;
        let to_client = |error, client_state| FlowFailure {
            redirect_to: Some(redirects.client_url()),
            client_state,
            error,
        };
        let flow = self.returned(&callback);
        let flow =
            flow.ok_or_else(|| to_client(ProviderSignInRefusal::InvalidState.into(), None))?;
        let client_state = flow.client_state.clone();
        match self.end(&flow).await {
            Ok(true) => {}
            Ok(false) => return Err(to_client(ProviderSignInRefusal::InvalidState.into(), None)),
            Err(failure) => return Err(to_client(failure.into(), client_state)),
        }
        let Ok(redirect_to) = redirects.check(flow.options.redirect_to.as_deref()) else {
            let error = ProviderSignInRefusal::RedirectNotAllowed;
            return Err(to_client(error.into(), client_state));
        };
        if let Some(authorization_error) = callback.authorization_error {
            let error = ProviderSignInRefusal::AuthorizationFailed(authorization_error);
            return Err(to_client(error.into(), client_state));
        }
        let concluded = self.conclude(flow, callback.provider, callback.parameters);
        match concluded.await {
            Ok(grant) => Ok(FinishedFlow {
                redirect_to,
                client_state,
                grant,
            }),
            Err(error) => Err(FlowFailure {
                redirect_to: Some(redirect_to),
                client_state,
                error,
            }),
        }
    }

    /// The flow, if it began in this browser (login CSRF).
    fn returned(&self, callback: &ProviderCallback) -> Option<SignInFlow> {
        let ctx = &self.ctx;
        let context = SealContext::ProviderFlow(callback.provider.clone());
        let now = ctx.clock.now();
        let flow = SignInFlow::open(&callback.state, ctx.secrets.as_ref(), &context, now)?;
        let mark = callback.mark.as_ref()?;
        (mark.hashed() == flow.mark).then_some(flow)
    }

    /// `false`: it had ended before (replay).
    async fn end(&self, flow: &SignInFlow) -> Result<bool, StoreError> {
        let ctx = &self.ctx;
        let ended = EndedFlow {
            mark: flow.mark.clone(),
            remembered_until: flow.expires_at + CLOCK_DIFFERENCE,
        };
        retry(|| async {
            let mut work = ctx.store.begin().await?;
            let is_first = work.tickets().end_flow(&ended).await?;
            work.commit().await?;
            Ok(is_first)
        })
        .await
    }

    async fn conclude(
        &self,
        flow: SignInFlow,
        provider_id: ProviderId,
        parameters: Parameters,
    ) -> Result<Grant, ProviderSignInError> {
        let provider = self.provider(&provider_id)?;
        let response = AuthorizationResponse {
            parameters,
            callback: self.callback(&provider_id)?,
            proof: flow.proof,
        };
        let told = provider.identify(&response).await;
        let identity = told.map_err(|error| Self::log_and_map(&provider_id, error))?;
        let profile = self.profile(provider_id, identity);
        match flow.purpose {
            FlowPurpose::Link {
                user_id,
                session,
                is_elevated,
            } => {
                let caller = AccessIdentity {
                    session,
                    is_elevated,
                    ..user_id.into()
                };
                self.link(caller, profile.key).await?;
                Ok(Grant::Nothing)
            }
            FlowPurpose::Enter(audience) => {
                let challenge = flow.code_challenge;
                let attempt = ProviderSignInAttempt {
                    profile,
                    options: flow.options,
                    audience,
                    code_challenge: challenge.clone(),
                };
                let method = AuthMethod::Provider;
                let open = |user| NewGrant::new(&self.ctx, user, method, challenge.clone());
                Ok(match self.enter(attempt, open).await? {
                    ProviderSignInOutcome::SignedIn(_, opening) => opening.grant(),
                    ProviderSignInOutcome::VerificationPending => Grant::Nothing,
                })
            }
        }
    }
}
