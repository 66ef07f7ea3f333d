//! Bodies of legacy requests and answers.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, dev::Payload};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::LegacyError;
use crate::extract::body;

/// A required body, declared as JSON or not at all. Unknown members are tolerated, as in the
/// original.
///
/// A page of another site can send such a body without a preflight. That is no CSRF: the origin of
/// the page decides about the session cookie, see `cookie`.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = LegacyError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, LegacyError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async { Ok(Self(body::read_undeclared(request, payload).await?)) })
    }
}

/// A success: always 200, with the original's content type.
pub(super) fn ok() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json; charset=utf-8");
    answer
}

/// `{"message": …}`
#[derive(Serialize, ToSchema)]
#[schema(as = LegacySuccessMessage)]
pub(crate) struct SuccessMessage {
    pub(super) message: &'static str,
}
