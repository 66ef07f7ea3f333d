//! The `Authorization` header.

use actix_web::{HttpRequest, http::header};

/// The bearer token of a request: the header has exactly two parts, and the first is `Bearer` in
/// this spelling.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let token = value.strip_prefix("Bearer ")?;
    (!token.is_empty() && !token.contains(' ')).then_some(token)
}
