//! Changing settings while the server serves: a hook for tests, without any authentication.
//!
//! A page on the internet must not reach it through a developer's browser (CSRF, DNS rebinding),
//! nor may a forgotten proxy publish it.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Data, Json},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ErrorCode, ModernError};
use crate::{
    direct_request::is_direct,
    extract::body::{self, BodyError},
    live_state::{ChangeError, LiveState},
    state::AppState,
};

/// `POST /change-env`
pub(crate) async fn change(
    state: Data<AppState>,
    live: Data<dyn LiveState>,
    Changes(members): Changes,
) -> Result<Json<ChangeReply>, ModernError> {
    let live = Arc::clone(&live);
    state
        .run(|_services| async move { live.change(members).await })
        .await??;
    Ok(Json(ChangeReply {
        message: "environment changed successfully",
    }))
}

/// The body of a request that may change them: a JSON object, declared as JSON. A page of another
/// origin cannot declare that without a preflight (CSRF, Fetch §4.8), which is refused.
pub(crate) struct Changes(Map<String, Value>);

impl FromRequest for Changes {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async {
            if !is_direct(&request) {
                return Err(ErrorCode::FORBIDDEN_ENDPOINT.into());
            }
            let read = body::read(request, payload).await;
            read.map(Self).map_err(refused)
        })
    }
}

/// It has the form of other refusals here, and not that of bodies with a schema.
fn refused(error: BodyError) -> ModernError {
    match error {
        BodyError::TooLarge => ErrorCode::REQUEST_TOO_LARGE.into(),
        BodyError::TooSlow => ErrorCode::REQUEST_TIMEOUT.into(),
        other => ModernError::Settings(other.to_string()),
    }
}

impl From<ChangeError> for ModernError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(why) => Self::Settings(why),
            ChangeError::Failed(_) => Self::Internal(error.into()),
        }
    }
}

/// The settings were changed.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeEnvResponse)]
pub(crate) struct ChangeReply {
    message: &'static str,
}
