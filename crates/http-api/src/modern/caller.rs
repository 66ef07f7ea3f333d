//! Who calls a modern endpoint, by access token.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use auth_domain::{services::DelicateAction, session::AccessIdentity, user::UserId};

use super::{ModernError, TokenProblem};
use crate::{extract::bearer::bearer, state::AppState};

/// The caller of an endpoint that needs a token.
pub(crate) struct Caller(pub(crate) UserId);

/// The caller of an endpoint where a token is optional; a bad one counts as none.
pub(crate) struct OptionalCaller(pub(crate) Option<UserId>);

/// The caller of an endpoint that does something lasting: the session of their token has to be open
/// still.
pub(crate) struct OpenCaller(pub(crate) AccessIdentity);

/// The caller of an endpoint for delicate changes: the same, and the token may have to be elevated.
pub(crate) struct ElevatedCaller(pub(crate) UserId);

/// The caller of an endpoint that adds a security key: they may need an elevated token if they have
/// one already.
pub(crate) struct KeyAddingCaller(pub(crate) UserId);

/// The caller of an endpoint that sets up an authenticator app, where that is delicate.
pub(crate) struct TotpSettingCaller(pub(crate) UserId);

/// [`ElevatedCaller`] where a token is optional: one that is not elevated, but had to be, counts as
/// none.
pub(crate) struct OptionalElevatedCaller(pub(crate) Option<AccessIdentity>);

impl FromRequest for Caller {
    type Error = ModernError;
    type Future = Ready<Result<Self, ModernError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(identify(request).map(|(_, identity)| Self(identity.user_id)))
    }
}

impl FromRequest for OptionalCaller {
    type Error = ModernError;
    type Future = Ready<Result<Self, ModernError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let caller = identify(request).map(|(_, identity)| identity.user_id);
        ready(Ok(Self(caller.ok())))
    }
}

impl FromRequest for OpenCaller {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = identify(request);
        Box::pin(async move {
            let (state, identity) = identified?;
            state
                .run(move |services| async move {
                    services.current_user.check_session(identity).await
                })
                .await??;
            Ok(Self(identity))
        })
    }
}

impl FromRequest for ElevatedCaller {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = identify(request);
        let action = DelicateAction::Any;
        Box::pin(async move {
            elevated(identified, action)
                .await
                .map(|it| Self(it.user_id))
        })
    }
}

impl FromRequest for KeyAddingCaller {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = identify(request);
        let action = DelicateAction::AddSecurityKey;
        Box::pin(async move {
            elevated(identified, action)
                .await
                .map(|it| Self(it.user_id))
        })
    }
}

impl FromRequest for TotpSettingCaller {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = identify(request);
        let action = DelicateAction::SetUpTotp;
        Box::pin(async move {
            elevated(identified, action)
                .await
                .map(|it| Self(it.user_id))
        })
    }
}

impl FromRequest for OptionalElevatedCaller {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = identify(request);
        Box::pin(async move {
            match elevated(identified, DelicateAction::Any).await {
                Ok(caller) => Ok(Self(Some(caller))),
                Err(ModernError::Token(_)) => Ok(Self(None)),
                Err(failure) => Err(failure),
            }
        })
    }
}

type Identified = Result<(Data<AppState>, AccessIdentity), ModernError>;

async fn elevated(
    identified: Identified,
    action: DelicateAction,
) -> Result<AccessIdentity, ModernError> {
    let (state, identity) = identified?;
    state
        .run(move |services| async move { services.elevation.check(identity, action).await })
        .await??;
    Ok(identity)
}

fn identify(request: &HttpRequest) -> Identified {
    let token = bearer(request).ok_or(ModernError::Token(TokenProblem::Missing))?;
    let invalid = ModernError::Token(TokenProblem::Invalid);
    let Some(state) = request.app_data::<Data<AppState>>() else {
        return Err(invalid);
    };
    match state.services().current_user.identify(token) {
        Ok(identity) => Ok((state.clone(), identity)),
        Err(_invalid) => Err(invalid),
    }
}
