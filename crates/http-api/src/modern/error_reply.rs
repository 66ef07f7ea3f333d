//! Bodies of modern errors.

use serde::Serialize;
use utoipa::ToSchema;

use super::ErrorCode;

/// A row of the error table.
#[derive(Serialize, ToSchema)]
#[schema(as = ErrorResponse)]
pub(crate) struct ErrorReply {
    status: u16,
    message: &'static str,
    error: &'static str,
}

impl From<ErrorCode> for ErrorReply {
    fn from(code: ErrorCode) -> Self {
        Self {
            status: code.status,
            message: code.message,
            error: code.code,
        }
    }
}

/// A request that does not fit this description, in the words of the latest version.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestErrorResponse)]
pub(crate) struct RequestProblemReply {
    pub(super) error: &'static str,
    pub(super) reason: String,
}

/// An access token that is missing or not good, in the words of the latest version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnauthorizedResponse)]
pub(crate) struct UnauthorizedReply {
    pub(super) error: &'static str,
    pub(super) reason: &'static str,
    pub(super) security_scheme: &'static str,
}

/// A request that does not fit this description.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestErrorResponse)]
pub(crate) struct RequestErrorReply {
    pub(super) error: String,
}

/// The settings were not changed.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeEnvErrorResponse)]
pub(crate) struct ChangeRefusalReply {
    /// What is wrong.
    pub(super) error: String,
}
