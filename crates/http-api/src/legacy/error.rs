//! Errors of the legacy generation: `{"code","message"}`.

use std::borrow::Cow;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use auth_domain::{
    error::{Cause, StoreError, chain},
    limits::TooMany,
    ports::HasherError,
    services::{
        AccountRefusal, CurrentUserRefusal, Error, Failure, PasswordChangeRefusal, PasswordRefusal,
        SignInRefusal, SignUpRefusal,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{extract::body::BodyError, interrupted::Interrupted, modern, refusal::refused};

/// An answer that is not a success, after the original's catalogue.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct LegacyError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// When to ask again, in seconds.
    retry_after: Option<u64>,
    #[source]
    cause: Option<Cause>,
}

impl LegacyError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
            cause: None,
        }
    }

    fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A failure of the server; the cause goes into the log and nowhere else.
    pub(super) fn internal(cause: Cause) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let error = Self::new(status, "unexpected-state", "something went wrong");
        Self {
            cause: Some(cause),
            ..error
        }
    }

    /// Too many passwords wait to be hashed. The original had no such answer; this is ours.
    fn busy() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            retry_after: Some(modern::BUSY_SECONDS),
            ..Self::new(status, "unexpected-state", "server is busy")
        }
    }

    /// The database is not available yet. The original had no such answer; this is ours.
    pub(crate) fn not_ready() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let message = "service is temporarily unavailable";
        Self {
            retry_after: Some(modern::UNAVAILABLE_SECONDS),
            ..Self::new(status, "unexpected-state", message)
        }
    }

    /// The database is not available at the moment; the cause goes into the log.
    fn unavailable(cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..Self::not_ready()
        }
    }

    /// The bot check was not passed. The original had no such answer; this is ours.
    pub(crate) fn turned_away(status: StatusCode, message: String) -> Self {
        let code = if status.is_server_error() {
            "unexpected-state"
        } else {
            "access-denied"
        };
        Self::new(status, code, message)
    }

    /// No route serves the request.
    pub(crate) fn unknown_url() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "this URL does not exists",
        )
    }

    /// The endpoint needs a session and the request has none.
    pub(super) fn no_session() -> Self {
        let message = "no session information found; has to be logged in user";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// The request names a session that does not exist, or not any more.
    pub(super) fn invalid_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "invalid authorization token",
        )
    }

    /// No provider of this name.
    pub(super) fn invalid_provider() -> Self {
        Self::bad_request("invalid-provider", "invalid provider")
    }

    /// A provider that is not switched on.
    pub(super) fn provider_disabled() -> Self {
        Self::bad_request("not-enabled", "provider is disabled")
    }

    /// A member of the body that is wrong.
    pub(super) fn invalid_argument(at: &str, reason: &str) -> Self {
        Self::bad_request("invalid-args", format!("Error in ${at}: {reason}"))
    }

    /// A member of the body that is missing.
    pub(super) fn missing_member(member: &str) -> Self {
        let message =
            format!("Error in $: When parsing the record the key {member} was not present.");
        Self::bad_request("invalid-args", message)
    }

    fn invalid_credentials() -> Self {
        Self::bad_request("invalid-creds", "invalid credentials")
    }

    fn not_active() -> Self {
        Self::bad_request("not-active", "user is deactivated. Can't login")
    }
}

/// An error of the legacy generation.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyErrorResponse)]
pub(crate) struct ErrorReply<'a> {
    code: &'static str,
    message: &'a str,
}

impl ResponseError for LegacyError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.cause {
            let what = if self.status == StatusCode::SERVICE_UNAVAILABLE {
                "temporarily unavailable"
            } else {
                "internal error"
            };
            tracing::error!(error = chain(cause.as_ref()), "{what}");
        }
        let mut answer = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        let answer = answer
            .content_type("application/json; charset=utf-8")
            .json(ErrorReply {
                code: self.code,
                message: &self.message,
            });
        refused(answer, self.code)
    }
}

impl From<BodyError> for LegacyError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid-args",
                error.to_string(),
            ),
            BodyError::TooSlow => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "invalid-args",
                error.to_string(),
            ),
            BodyError::ContentType(_) => Self::bad_request("bad-headers", error.to_string()),
            BodyError::MissingMember(member) => Self::missing_member(&member),
            BodyError::Value { path, reason } => {
                let at = path.trim_end_matches('/').replace('/', ".");
                Self::invalid_argument(&at, &reason)
            }
            BodyError::Missing | BodyError::Incomplete | BodyError::Syntax(_) => {
                Self::invalid_argument("", &error.to_string())
            }
        }
    }
}

impl From<Interrupted> for LegacyError {
    fn from(error: Interrupted) -> Self {
        match error {
            Interrupted::TooSlow => Self::unavailable(error.into()),
            Interrupted::Ended(_) => Self::internal(error.into()),
        }
    }
}

/// The original had no rate limits; this answer is ours.
impl From<TooMany> for LegacyError {
    fn from(too_many: TooMany) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self {
            retry_after: Some(modern::whole_seconds(too_many.retry_after)),
            ..Self::new(status, "too-many-requests", "too many requests")
        }
    }
}

impl From<Failure> for LegacyError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Hasher(HasherError::Busy) | Failure::Background(_) => Self::busy(),
            Failure::TooMany(too_many) => too_many.into(),
            Failure::Store(StoreError::Unavailable(_) | StoreError::Contended(_)) => {
                Self::unavailable(failure.into())
            }
            Failure::Hasher(HasherError::Failed(_))
            | Failure::Store(_)
            | Failure::BreachedPasswords(_)
            | Failure::Signer(_)
            | Failure::Mailer(_)
            | Failure::Sms(_)
            | Failure::SecretCipher(_)
            | Failure::Qr(_) => Self::internal(failure.into()),
        }
    }
}

/// What signing in tells of an account's state.
impl<R: Into<Self>> From<Error<R>> for LegacyError {
    fn from(error: Error<R>) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Failed(failure) => failure.into(),
        }
    }
}

impl From<AccountRefusal> for LegacyError {
    fn from(refusal: AccountRefusal) -> Self {
        match refusal {
            AccountRefusal::EmailNotAllowed | AccountRefusal::Anonymous => {
                Self::invalid_credentials()
            }
            AccountRefusal::Disabled => Self::not_active(),
            AccountRefusal::Unverified => {
                let message = "verification of account pending";
                Self::new(StatusCode::FORBIDDEN, "not-verified", message)
            }
        }
    }
}

impl From<PasswordRefusal> for LegacyError {
    fn from(refusal: PasswordRefusal) -> Self {
        let message = match refusal {
            PasswordRefusal::TooShort { min } => {
                format!("min password length is {min} characters")
            }
            PasswordRefusal::TooLong | PasswordRefusal::Breached => refusal.to_string(),
        };
        Self::bad_request("invalid-password", message)
    }
}

impl From<SignUpRefusal> for LegacyError {
    fn from(error: SignUpRefusal) -> Self {
        match error {
            SignUpRefusal::ProviderDisabled => Self::provider_disabled(),
            SignUpRefusal::Disabled => Self::bad_request("not-enabled", "sign up is disabled"),
            SignUpRefusal::EmailNotAllowed => {
                Self::bad_request("invalid-email", "bad email address")
            }
            SignUpRefusal::Password(refusal) => refusal.into(),
            SignUpRefusal::UsernameTaken
            | SignUpRefusal::SecurityKeyTaken
            | SignUpRefusal::IdentityTaken
            | SignUpRefusal::PhoneNumberTaken => {
                Self::bad_request("user-exists", "user already exists")
            }
            SignUpRefusal::EmailTaken => {
                Self::bad_request("email-exists", "user with email already exists")
            }
            SignUpRefusal::CreatedDisabled => Self::not_active(),
            SignUpRefusal::RoleNotAllowed | SignUpRefusal::DefaultRoleNotInAllowedRoles => {
                Self::bad_request("no-role", "given role does not exists")
            }
            SignUpRefusal::RedirectNotAllowed => {
                Self::invalid_argument(".data.redirect_url", "not allowed")
            }
        }
    }
}

impl From<SignInRefusal> for LegacyError {
    fn from(error: SignInRefusal) -> Self {
        match error {
            SignInRefusal::ProviderDisabled => Self::provider_disabled(),
            SignInRefusal::InvalidCredentials => Self::invalid_credentials(),
            SignInRefusal::Account(refusal) => refusal.into(),
            // The original had no second factor; this is ours.
            SignInRefusal::SecondFactorRequired => {
                let message = "the account has a second factor, which this API cannot ask for";
                Self::new(StatusCode::FORBIDDEN, "second-factor-required", message)
            }
        }
    }
}

impl From<CurrentUserRefusal> for LegacyError {
    fn from(error: CurrentUserRefusal) -> Self {
        match error {
            CurrentUserRefusal::InvalidToken
            | CurrentUserRefusal::UnknownUser
            | CurrentUserRefusal::Account(_) => Self::invalid_session(),
            CurrentUserRefusal::UserRoleMissing => {
                Self::new(StatusCode::FORBIDDEN, "access-denied", "user role required")
            }
        }
    }
}

impl From<PasswordChangeRefusal> for LegacyError {
    fn from(error: PasswordChangeRefusal) -> Self {
        match error {
            PasswordChangeRefusal::NotSignedIn(error) => error.into(),
            // The original's code and text, but not its 500: the server is not at fault.
            PasswordChangeRefusal::NoPassword => {
                Self::bad_request("unexpected-state", "user not found in password db")
            }
            PasswordChangeRefusal::Password(refusal) => refusal.into(),
            PasswordChangeRefusal::InvalidTicket | PasswordChangeRefusal::Account(_) => {
                Self::invalid_session()
            }
            PasswordChangeRefusal::WrongPassword => Self::invalid_credentials(),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn a_full_queue_of_passwords_is_a_503_that_says_when_to_ask_again() {
        let error = LegacyError::from(Failure::from(HasherError::Busy));

        let answer = error.error_response();

        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "1");
        assert_eq!(
            to_bytes(answer.into_body()).await.unwrap(),
            r#"{"code":"unexpected-state","message":"server is busy"}"#
        );
    }

    #[actix_web::test]
    async fn a_database_that_is_away_or_busy_is_a_503_that_says_when_to_ask_again() {
        for failure in [
            StoreError::Unavailable("refused".into()),
            StoreError::Contended("database is locked".into()),
        ] {
            let answer = LegacyError::from(Failure::from(failure)).error_response();

            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "2");
            assert_eq!(
                to_bytes(answer.into_body()).await.unwrap(),
                r#"{"code":"unexpected-state","message":"service is temporarily unavailable"}"#
            );
        }
    }

    #[test]
    fn a_hasher_that_failed_is_an_internal_error() {
        let failure = Failure::from(HasherError::Failed("broken".into()));

        let answer = LegacyError::from(failure).error_response();

        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.headers().contains_key(header::RETRY_AFTER));
    }
}
