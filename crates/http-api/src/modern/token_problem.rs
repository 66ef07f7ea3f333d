//! What is wrong with an access token.

use super::error_reply::UnauthorizedReply;

/// Why a request needs another access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenProblem {
    /// There is none, or the header is not of the form `Bearer <token>`.
    Missing,
    /// It is not one of ours, or has expired.
    Invalid,
    /// What it stands for is gone.
    Void,
    /// It is not elevated.
    NotElevated,
}

impl TokenProblem {
    /// In the text of version 0.42.
    pub(super) fn told_by_openapi3filter(self) -> &'static str {
        match self {
            Self::Missing => "invalid authorization header",
            Self::Invalid => "error validating token: invalid token",
            Self::Void => "invalid token",
            Self::NotElevated => "elevated-claim-required",
        }
    }

    /// In the text of the latest version.
    pub(super) fn unauthorized(self) -> UnauthorizedReply {
        let (reason, security_scheme) = match self {
            Self::Missing => ("missing or malformed authorization header", "BearerAuth"),
            Self::Invalid => ("invalid or expired token", "BearerAuth"),
            Self::Void => ("invalid token", "BearerAuth"),
            Self::NotElevated => ("elevated claim required", "BearerAuthElevated"),
        };
        UnauthorizedReply {
            error: "unauthorized",
            reason,
            security_scheme,
        }
    }
}
