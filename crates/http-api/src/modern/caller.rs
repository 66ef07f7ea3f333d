//! Who calls a modern endpoint, by access token.

use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use auth_domain::{services::DelicateAction, session::AccessIdentity, user::UserId};

use super::{ModernError, TokenProblem};
use crate::{extract::bearer::bearer, state::AppState};

/// Callers of endpoints that need a token, and what is asked of it.
macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident($held:ty) = $ask:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) $held);

        impl FromRequest for $name {
            type Error = ModernError;
            type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

            fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
                let identified = identify(request);
                Box::pin(async move { $ask(identified).await.map(Self) })
            }
        }
    )+};
}

callers! {
    /// The caller of an endpoint that needs a token.
    Caller(UserId) = async |it: Identified| it.map(|(_, identity)| identity.user_id);

    /// The caller of an endpoint where a token is optional; a bad one counts as none.
    OptionalCaller(Option<AccessIdentity>) = async |it: Identified| {
        Ok(it.ok().map(|(_, identity)| identity))
    };

    /// The caller of an endpoint that does something lasting: the session of their token has to be
    /// open still.
    OpenCaller(AccessIdentity) = open;

    /// The caller of an endpoint for delicate changes: the same, and the token may have to be
    /// elevated.
    ElevatedCaller(AccessIdentity) = async |it| delicate(it, DelicateAction::Any).await;

    /// The caller of an endpoint that adds a security key or an authenticator app: they need an
    /// elevated token if what they have obliges them to elevate.
    FactorAddingCaller(AccessIdentity) = async |it| delicate(it, DelicateAction::AddFactor).await;

    /// [`ElevatedCaller`] where a token is optional: one that is not elevated, but had to be, counts
    /// as none.
    OptionalElevatedCaller(Option<AccessIdentity>) = async |it| {
        match delicate(it, DelicateAction::Any).await {
            Ok(caller) => Ok(Some(caller)),
            Err(ModernError::Token(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    };
}

type Identified = Result<(Data<AppState>, AccessIdentity), ModernError>;

async fn open(identified: Identified) -> Result<AccessIdentity, ModernError> {
    let (state, identity) = identified?;
    state
        .run(move |services| async move { services.current_user().check_session(identity).await })
        .await??;
    Ok(identity)
}

async fn delicate(
    identified: Identified,
    action: DelicateAction,
) -> Result<AccessIdentity, ModernError> {
    let (state, identity) = identified?;
    state
        .run(move |services| async move { services.elevation().check(identity, action).await })
        .await??;
    Ok(identity)
}

fn identify(request: &HttpRequest) -> Identified {
    let token = bearer(request).ok_or(ModernError::Token(TokenProblem::Missing))?;
    let invalid = ModernError::Token(TokenProblem::Invalid);
    let Some(state) = request.app_data::<Data<AppState>>() else {
        return Err(invalid);
    };
    match state.services().current_user().identify(token) {
        Ok(identity) => Ok((state.clone(), identity)),
        Err(_invalid) => Err(invalid),
    }
}
