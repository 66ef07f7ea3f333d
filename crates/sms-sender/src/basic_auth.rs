//! HTTP Basic authentication (RFC 7617).

use auth_domain::secret::Secret;
use data_encoding::BASE64;
use egress::Request;

/// `request` with the credentials of an account.
pub(crate) fn with_basic_auth(request: Request, account: &str, password: &Secret) -> Request {
    let pair = format!("{account}:{}", password.expose());
    let value = format!("Basic {}", BASE64.encode(pair.as_bytes()));
    request.secret_header("authorization", &value)
}
