//! Bodies of modern requests.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use super::ModernError;
use crate::extract::body;

/// A body that has to be there.
pub(crate) struct Json<T>(pub(crate) T);

/// A body that may be absent.
pub(crate) struct OptionalJson<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async { Ok(Self(body::read(request, payload).await?)) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async { Ok(Self(body::read_optional(request, payload).await?)) })
    }
}
