//! Bodies that are web forms.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::{ModernError, query::Query};
use crate::extract::body;

/// The fields of a form.
pub(crate) struct Form(pub(super) Query);

impl FromRequest for Form {
    type Error = ModernError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ModernError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async {
            let bytes = body::read_form(request, payload).await?;
            Ok(Self(Query::of(&bytes)))
        })
    }
}
