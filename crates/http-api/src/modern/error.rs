//! Errors of the modern generation: `{"status","message","error"}`.

use std::{fmt::Display, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use auth_domain::{
    error::{Cause, StoreError, chain},
    limits::TooMany,
    ports::{HasherError, SmsError},
    services::{
        AccountRefusal, AnonymousRefusal, CurrentUserRefusal, ElevationRefusal,
        EmailAddressRefusal, EmailSignInRefusal, Error, ExchangeRefusal, Failure, LinkRefusal,
        PasswordChangeRefusal, PasswordRefusal, PersonalAccessTokenRefusal, PhoneChangeRefusal,
        ProviderSignInRefusal, RefreshRefusal, SecondFactorRefusal, SecurityKeyRefusal,
        SessionRefusal, SignInRefusal, SignUpRefusal, SmsSignInRefusal,
    },
};

use super::{
    TokenProblem,
    error_form::ErrorForm,
    error_reply::{ChangeRefusalReply, ErrorReply, RequestErrorReply, RequestProblemReply},
};
use crate::{
    error_code::ErrorCode, extract::body::BodyError, interrupted::Interrupted, refusal::refused,
};

/// An answer that is not a success.
#[derive(Debug, thiserror::Error)]
pub enum ModernError {
    /// A row of the table.
    #[error("{}", .0.code)]
    Code(ErrorCode),
    /// The row of a code in a text message, of which earlier versions told less.
    #[error("{}", .0.code)]
    TextedCode(ErrorCode),
    /// The body does not fit its schema.
    #[error("error in openapi3filter.RequestError: request body has an error: {0}")]
    Schema(String),
    /// A parameter of the path or the query does not fit its schema.
    #[error("error in openapi3filter.RequestError: parameter {0}")]
    Parameter(String),
    /// There is no body that could be read.
    #[error("error in openapi3filter.RequestError: request body has an error: {0}")]
    Body(String),
    /// The endpoint needs a bearer token, and this is what is wrong with it.
    #[error(
        "error in openapi3filter.SecurityRequirementsError: security requirements failed: {}",
        .0.told_by_openapi3filter()
    )]
    Token(TokenProblem),
    /// Too many requests, or too many about one account or mailbox.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Settings cannot be changed like this; the same in every version, and no secret in it.
    #[error("{0}")]
    Settings(String),
    /// A text message was not accepted by the service; the cause goes into the log.
    #[error("cannot-send-sms")]
    NotSent(#[source] Cause),
    /// The database is not available at the moment; the cause goes into the log.
    #[error("temporarily-unavailable")]
    Unavailable(#[source] Cause),
    /// A failure of the server; the cause goes into the log and nowhere else.
    #[error("internal-server-error")]
    Internal(#[source] Cause),
}

impl ModernError {
    /// The row of the error table that this answer is, if it is one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Code(code) | Self::TextedCode(code) => Some(*code),
            Self::TooMany(_) => Some(ErrorCode::TOO_MANY_REQUESTS),
            Self::NotSent(_) => Some(ErrorCode::CANNOT_SEND_SMS),
            Self::Unavailable(_) => Some(ErrorCode::TEMPORARILY_UNAVAILABLE),
            Self::Internal(_) => Some(ErrorCode::INTERNAL_SERVER_ERROR),
            Self::Schema(_)
            | Self::Parameter(_)
            | Self::Body(_)
            | Self::Token(_)
            | Self::Settings(_) => None,
        }
    }

    /// The answer in this form. A concealed code is logged.
    pub(crate) fn answer(&self, form: ErrorForm) -> HttpResponse {
        refused(self.plain_answer(form), self.logged_code(form))
    }

    /// The code for the log; where clients of 0.42 get none, that of later versions.
    pub(super) fn logged_code(&self, form: ErrorForm) -> &'static str {
        match self {
            Self::Schema(_) | Self::Parameter(_) => "schema-validation-error",
            Self::Body(_) => "request-validation-error",
            Self::Token(_) => "unauthorized",
            Self::Settings(_) => "invalid-settings",
            _ => self.row(form).map_or("", |it| it.code),
        }
    }

    /// The row that clients know for it.
    fn row(&self, form: ErrorForm) -> Option<ErrorCode> {
        let code = self.code()?;
        Some(match self {
            Self::TextedCode(_) => form.compat.error_code_of_texted_code(code),
            _ => form.compat.error_code(code),
        })
    }

    /// The row that clients see, concealed if so configured (user enumeration): first the version,
    /// then whether the row of that version tells of an account.
    pub(super) fn shown_row(&self, form: ErrorForm) -> Option<ErrorCode> {
        self.row(form).map(|it| it.shown(form.concealing))
    }

    fn plain_answer(&self, form: ErrorForm) -> HttpResponse {
        if let Some(code) = self.shown_row(form) {
            return self.answer_with(code, form);
        }
        if let Self::Settings(error) = self {
            let error = error.clone();
            return HttpResponse::BadRequest().json(ChangeRefusalReply { error });
        }
        if !form.compat.names_what_is_wrong_with_a_request() {
            return HttpResponse::BadRequest().json(RequestErrorReply {
                error: self.to_string(),
            });
        }
        let (error, reason) = match self {
            Self::Token(problem) => {
                return HttpResponse::Unauthorized().json(problem.unauthorized());
            }
            Self::Schema(reason) | Self::Parameter(reason) => {
                ("schema-validation-error", reason.clone())
            }
            other => ("request-validation-error", other.reason()),
        };
        HttpResponse::BadRequest().json(RequestProblemReply { error, reason })
    }

    fn answer_with(&self, code: ErrorCode, form: ErrorForm) -> HttpResponse {
        let mut answer = HttpResponse::build(status(code.status));
        if let Some(seconds) = self.retry_after() {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        // Clients of the original know no body of a 429.
        let has_body =
            code != ErrorCode::TOO_MANY_REQUESTS || form.compat.explains_too_many_requests();
        if has_body {
            answer.json(ErrorReply::from(code))
        } else {
            answer.finish()
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Schema(reason) | Self::Body(reason) => reason.clone(),
            other => other.to_string(),
        }
    }

    /// When to ask again, in seconds, if that is the way out.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(too_many) => Some(whole_seconds(too_many.retry_after)),
            _ => match self.code()? {
                ErrorCode::SERVER_BUSY => Some(BUSY_SECONDS),
                ErrorCode::TEMPORARILY_UNAVAILABLE => Some(UNAVAILABLE_SECONDS),
                _ => None,
            },
        }
    }

    /// Logs what failed on our side; nothing else is worth a line.
    pub(super) fn log(&self) {
        match self {
            Self::Internal(cause) => {
                tracing::error!(error = chain(cause.as_ref()), "internal error");
            }
            Self::Unavailable(cause) => {
                tracing::error!(error = chain(cause.as_ref()), "temporarily unavailable");
            }
            Self::NotSent(cause) => {
                tracing::error!(error = chain(cause.as_ref()), "a text message was not sent");
            }
            Self::Code(_)
            | Self::TextedCode(_)
            | Self::Schema(_)
            | Self::Parameter(_)
            | Self::Body(_)
            | Self::Token(_)
            | Self::Settings(_)
            | Self::TooMany(_) => {}
        }
    }
}

impl ResponseError for ModernError {
    fn status_code(&self) -> StatusCode {
        self.code()
            .map_or(StatusCode::BAD_REQUEST, |code| status(code.status))
    }

    /// The status alone: `render_errors` writes the answer, in the configured form.
    fn error_response(&self) -> HttpResponse {
        self.log();
        HttpResponse::new(self.status_code())
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// `Retry-After` of a busy server.
pub(crate) const BUSY_SECONDS: u64 = 1;

/// `Retry-After` while the database is not available.
pub(crate) const UNAVAILABLE_SECONDS: u64 = 2;

/// A time to wait for `Retry-After`: whole seconds, rounded up, at least one.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    seconds.max(1)
}

impl From<ErrorCode> for ModernError {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<BodyError> for ModernError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => ErrorCode::REQUEST_TOO_LARGE.into(),
            BodyError::TooSlow => ErrorCode::REQUEST_TIMEOUT.into(),
            BodyError::Value { .. } | BodyError::MissingMember(_) => {
                Self::Schema(described("doesn't match schema: ", &error))
            }
            BodyError::ContentType(_)
            | BodyError::Missing
            | BodyError::Incomplete
            | BodyError::Syntax(_) => Self::Body(error.to_string()),
        }
    }
}

fn described(prefix: &str, error: &impl Display) -> String {
    format!("{prefix}{error}")
}

impl From<Interrupted> for ModernError {
    fn from(error: Interrupted) -> Self {
        match error {
            Interrupted::TooSlow => Self::Unavailable(error.into()),
            Interrupted::Ended(_) => Self::Internal(error.into()),
        }
    }
}

impl From<Failure> for ModernError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Hasher(HasherError::Busy) | Failure::Background(_) => {
                ErrorCode::SERVER_BUSY.into()
            }
            Failure::TooMany(too_many) => too_many.into(),
            Failure::Sms(SmsError::NotSent(_) | SmsError::Refused(_)) => {
                Self::NotSent(failure.into())
            }
            Failure::Store(StoreError::Unavailable(_) | StoreError::Contended(_)) => {
                Self::Unavailable(failure.into())
            }
            Failure::Hasher(HasherError::Failed(_))
            | Failure::Store(_)
            | Failure::BreachedPasswords(_)
            | Failure::Signer(_)
            | Failure::Mailer(_)
            | Failure::Sms(SmsError::NotChecked(_))
            | Failure::SecretCipher(_)
            | Failure::Qr(_) => Self::Internal(failure.into()),
        }
    }
}

impl<R: Into<Self>> From<Error<R>> for ModernError {
    fn from(error: Error<R>) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Failed(failure) => failure.into(),
        }
    }
}

impl From<AccountRefusal> for ModernError {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Code(match refusal {
            AccountRefusal::EmailNotAllowed => ErrorCode::INVALID_EMAIL_PASSWORD,
            AccountRefusal::Disabled => ErrorCode::DISABLED_USER,
            AccountRefusal::Unverified => ErrorCode::UNVERIFIED_USER,
            AccountRefusal::Anonymous => ErrorCode::FORBIDDEN_ANONYMOUS,
        })
    }
}

impl From<SignUpRefusal> for ModernError {
    fn from(error: SignUpRefusal) -> Self {
        Self::Code(match error {
            SignUpRefusal::Disabled | SignUpRefusal::ProviderDisabled => ErrorCode::SIGNUP_DISABLED,
            SignUpRefusal::EmailNotAllowed => ErrorCode::INVALID_EMAIL_PASSWORD,
            SignUpRefusal::Password(refusal) => return refusal.into(),
            SignUpRefusal::RedirectNotAllowed => ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            SignUpRefusal::RoleNotAllowed => ErrorCode::ROLE_NOT_ALLOWED,
            SignUpRefusal::DefaultRoleNotInAllowedRoles => {
                ErrorCode::DEFAULT_ROLE_MUST_BE_IN_ALLOWED_ROLES
            }
            SignUpRefusal::EmailTaken | SignUpRefusal::UsernameTaken => {
                ErrorCode::EMAIL_ALREADY_IN_USE
            }
            SignUpRefusal::SecurityKeyTaken => ErrorCode::INVALID_REQUEST,
            SignUpRefusal::IdentityTaken => ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED,
            SignUpRefusal::PhoneNumberTaken => ErrorCode::USER_ALREADY_EXISTS,
            SignUpRefusal::CreatedDisabled => ErrorCode::DISABLED_USER,
        })
    }
}

impl From<PasswordRefusal> for ModernError {
    fn from(refusal: PasswordRefusal) -> Self {
        match refusal {
            PasswordRefusal::TooShort { .. } => ErrorCode::PASSWORD_TOO_SHORT.into(),
            PasswordRefusal::Breached => ErrorCode::PASSWORD_IN_HIBP_DATABASE.into(),
            PasswordRefusal::TooLong => Self::Schema(refusal.to_string()),
        }
    }
}

impl From<ElevationRefusal> for ModernError {
    fn from(error: ElevationRefusal) -> Self {
        match error {
            ElevationRefusal::Needed => Self::Token(TokenProblem::NotElevated),
            ElevationRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            ElevationRefusal::NotSignedIn(error) => error.into(),
            ElevationRefusal::Unverified => ErrorCode::UNVERIFIED_USER.into(),
            ElevationRefusal::InvalidCode => ErrorCode::INVALID_OTP.into(),
            ElevationRefusal::TooManyGuesses => ErrorCode::OTP_TOO_MANY_ATTEMPTS.into(),
            ElevationRefusal::SecondFactor(error) => error.into(),
            ElevationRefusal::Account(refusal) => refusal.into(),
        }
    }
}

impl From<PersonalAccessTokenRefusal> for ModernError {
    fn from(error: PersonalAccessTokenRefusal) -> Self {
        match error {
            PersonalAccessTokenRefusal::InvalidToken => ErrorCode::INVALID_PAT.into(),
            PersonalAccessTokenRefusal::ExpiredAlready => ErrorCode::INVALID_EXPIRY_DATE.into(),
            PersonalAccessTokenRefusal::TooLong => ErrorCode::TOO_DISTANT_EXPIRY_DATE.into(),
            PersonalAccessTokenRefusal::NotSignedIn(error) => error.into(),
            PersonalAccessTokenRefusal::Account(refusal) => refusal.into(),
        }
    }
}

impl From<EmailSignInRefusal> for ModernError {
    fn from(error: EmailSignInRefusal) -> Self {
        match error {
            EmailSignInRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            EmailSignInRefusal::SignUp(error) => error.into(),
            EmailSignInRefusal::Account(refusal) => refusal.into(),
            EmailSignInRefusal::InvalidCode => ErrorCode::INVALID_OTP.into(),
            EmailSignInRefusal::TooManyGuesses => ErrorCode::OTP_TOO_MANY_ATTEMPTS.into(),
        }
    }
}

impl From<SmsSignInRefusal> for ModernError {
    fn from(error: SmsSignInRefusal) -> Self {
        match error {
            SmsSignInRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            SmsSignInRefusal::SignUp(error) => error.into(),
            SmsSignInRefusal::Account(refusal) => refusal.into(),
            SmsSignInRefusal::InvalidCode => Self::TextedCode(ErrorCode::INVALID_OTP),
            SmsSignInRefusal::TooManyGuesses => Self::TextedCode(ErrorCode::OTP_TOO_MANY_ATTEMPTS),
        }
    }
}

impl From<PhoneChangeRefusal> for ModernError {
    fn from(error: PhoneChangeRefusal) -> Self {
        match error {
            PhoneChangeRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            PhoneChangeRefusal::NotSignedIn(error) => error.into(),
            PhoneChangeRefusal::NotElevated => Self::Token(TokenProblem::NotElevated),
            PhoneChangeRefusal::PhoneNumberTaken => ErrorCode::USER_ALREADY_EXISTS.into(),
            PhoneChangeRefusal::InvalidCode => Self::TextedCode(ErrorCode::INVALID_OTP),
            PhoneChangeRefusal::TooManyGuesses => {
                Self::TextedCode(ErrorCode::OTP_TOO_MANY_ATTEMPTS)
            }
        }
    }
}

impl From<ProviderSignInRefusal> for ModernError {
    fn from(error: ProviderSignInRefusal) -> Self {
        Self::Code(match error {
            ProviderSignInRefusal::RedirectNotAllowed => ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            ProviderSignInRefusal::ProviderDisabled => ErrorCode::DISABLED_ENDPOINT,
            ProviderSignInRefusal::InvalidState => ErrorCode::INVALID_STATE,
            ProviderSignInRefusal::AuthorizationFailed(_) => ErrorCode::OAUTH_PROVIDER_ERROR,
            ProviderSignInRefusal::CodeRefused => ErrorCode::OAUTH_TOKEN_EXCHANGE_FAILED,
            ProviderSignInRefusal::ProfileFailed => ErrorCode::OAUTH_PROFILE_FETCH_FAILED,
            ProviderSignInRefusal::InvalidIdToken => ErrorCode::INVALID_REQUEST,
            ProviderSignInRefusal::AlreadyLinked => ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED,
            ProviderSignInRefusal::Unavailable(cause) => return Self::Internal(cause),
            ProviderSignInRefusal::NotSignedIn(error) => return error.into(),
            ProviderSignInRefusal::NotElevated(error) => return error.into(),
            ProviderSignInRefusal::SignUp(error) => return error.into(),
            ProviderSignInRefusal::Account(refusal) => return refusal.into(),
        })
    }
}

impl From<EmailAddressRefusal> for ModernError {
    fn from(error: EmailAddressRefusal) -> Self {
        Self::Code(match error {
            EmailAddressRefusal::RedirectNotAllowed => ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            EmailAddressRefusal::UnknownAccount => ErrorCode::INVALID_EMAIL_PASSWORD,
            EmailAddressRefusal::AlreadyVerified => ErrorCode::EMAIL_ALREADY_VERIFIED,
            EmailAddressRefusal::EmailTaken => ErrorCode::EMAIL_ALREADY_IN_USE,
            EmailAddressRefusal::SessionEnded => return Self::Token(TokenProblem::Void),
            EmailAddressRefusal::NotElevated => return Self::Token(TokenProblem::NotElevated),
            EmailAddressRefusal::Account(refusal) => return refusal.into(),
        })
    }
}

impl From<LinkRefusal> for ModernError {
    fn from(error: LinkRefusal) -> Self {
        match error {
            LinkRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            LinkRefusal::InvalidTicket => ErrorCode::INVALID_TICKET.into(),
            LinkRefusal::Account(refusal) => refusal.into(),
            LinkRefusal::EmailTaken => ErrorCode::EMAIL_ALREADY_IN_USE.into(),
        }
    }
}

impl From<ExchangeRefusal> for ModernError {
    fn from(error: ExchangeRefusal) -> Self {
        match error {
            ExchangeRefusal::InvalidCode => ErrorCode::INVALID_REQUEST.into(),
            ExchangeRefusal::Account(refusal) => refusal.into(),
        }
    }
}

impl From<PasswordChangeRefusal> for ModernError {
    fn from(error: PasswordChangeRefusal) -> Self {
        match error {
            PasswordChangeRefusal::NotSignedIn(error) => error.into(),
            PasswordChangeRefusal::NoPassword | PasswordChangeRefusal::WrongPassword => {
                ErrorCode::INVALID_EMAIL_PASSWORD.into()
            }
            PasswordChangeRefusal::InvalidTicket => ErrorCode::INVALID_TICKET.into(),
            PasswordChangeRefusal::Account(refusal) => refusal.into(),
            PasswordChangeRefusal::Password(refusal) => refusal.into(),
        }
    }
}

impl From<SecondFactorRefusal> for ModernError {
    fn from(error: SecondFactorRefusal) -> Self {
        match error {
            SecondFactorRefusal::Disabled => ErrorCode::DISABLED_ENDPOINT.into(),
            SecondFactorRefusal::NotSignedIn(error) => error.into(),
            SecondFactorRefusal::InvalidTicket => ErrorCode::INVALID_TICKET.into(),
            SecondFactorRefusal::Account(refusal) => refusal.into(),
            SecondFactorRefusal::AlreadyActive => ErrorCode::TOTP_ALREADY_ACTIVE.into(),
            SecondFactorRefusal::NotActive => ErrorCode::DISABLED_MFA_TOTP.into(),
            SecondFactorRefusal::NoSecret => ErrorCode::NO_TOTP_SECRET.into(),
            SecondFactorRefusal::InvalidCode => ErrorCode::INVALID_TOTP.into(),
            SecondFactorRefusal::NotElevated => Self::Token(TokenProblem::NotElevated),
        }
    }
}

impl From<SecurityKeyRefusal> for ModernError {
    fn from(error: SecurityKeyRefusal) -> Self {
        match error {
            SecurityKeyRefusal::Disabled => ErrorCode::DISABLED_ENDPOINT.into(),
            SecurityKeyRefusal::NotSignedIn(error) => error.into(),
            SecurityKeyRefusal::UnknownAccount => ErrorCode::INVALID_EMAIL_PASSWORD.into(),
            SecurityKeyRefusal::NoKey
            | SecurityKeyRefusal::InvalidCredential
            | SecurityKeyRefusal::Taken => ErrorCode::INVALID_REQUEST.into(),
            SecurityKeyRefusal::NotElevated => Self::Token(TokenProblem::NotElevated),
            SecurityKeyRefusal::Account(refusal) => refusal.into(),
            SecurityKeyRefusal::SignUp(error) => error.into(),
        }
    }
}

impl From<AnonymousRefusal> for ModernError {
    fn from(error: AnonymousRefusal) -> Self {
        match error {
            AnonymousRefusal::MethodDisabled => ErrorCode::DISABLED_ENDPOINT.into(),
            AnonymousRefusal::NotAnonymous => ErrorCode::USER_NOT_ANONYMOUS.into(),
            AnonymousRefusal::SessionEnded => Self::Token(TokenProblem::Void),
            AnonymousRefusal::Account(refusal) => refusal.into(),
            AnonymousRefusal::SignUp(error) => error.into(),
        }
    }
}

impl From<SignInRefusal> for ModernError {
    fn from(error: SignInRefusal) -> Self {
        match error {
            SignInRefusal::InvalidCredentials
            | SignInRefusal::ProviderDisabled
            | SignInRefusal::SecondFactorRequired => ErrorCode::INVALID_EMAIL_PASSWORD.into(),
            SignInRefusal::Account(refusal) => refusal.into(),
        }
    }
}

impl From<RefreshRefusal> for ModernError {
    fn from(error: RefreshRefusal) -> Self {
        match error {
            RefreshRefusal::InvalidRefreshToken => ErrorCode::INVALID_REFRESH_TOKEN.into(),
            RefreshRefusal::Account(refusal) => refusal.into(),
        }
    }
}

impl From<SessionRefusal> for ModernError {
    fn from(error: SessionRefusal) -> Self {
        match error {
            SessionRefusal::Unknown | SessionRefusal::NoSuchSession => {
                ErrorCode::INVALID_REQUEST.into()
            }
            SessionRefusal::SessionEnded => Self::Token(TokenProblem::Void),
        }
    }
}

impl From<CurrentUserRefusal> for ModernError {
    fn from(error: CurrentUserRefusal) -> Self {
        match error {
            CurrentUserRefusal::InvalidToken => Self::Token(TokenProblem::Void),
            CurrentUserRefusal::UnknownUser => ErrorCode::INVALID_EMAIL_PASSWORD.into(),
            CurrentUserRefusal::UserRoleMissing => ErrorCode::ROLE_NOT_ALLOWED.into(),
            CurrentUserRefusal::Account(refusal) => refusal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn a_full_queue_of_passwords_is_a_503_that_says_when_to_ask_again() {
        let error = ModernError::from(Failure::from(HasherError::Busy));

        let answer = error.answer(ErrorForm::default());

        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "1");
        let body: serde_json::Value =
            serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap();
        assert_eq!(
            body,
            json!({
                "status": 503,
                "message": "The server is busy, please try again later",
                "error": "server-busy",
            })
        );
    }

    #[actix_web::test]
    async fn a_database_that_is_away_or_busy_is_a_503_that_says_when_to_ask_again() {
        for failure in [
            StoreError::Unavailable("refused".into()),
            StoreError::Contended("database is locked".into()),
        ] {
            let answer = ModernError::from(Failure::from(failure)).answer(ErrorForm::default());

            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "2");
            let body: serde_json::Value =
                serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap();
            assert_eq!(
                body,
                json!({
                    "status": 503,
                    "message": "The service is temporarily unavailable, please try again later",
                    "error": "temporarily-unavailable",
                })
            );
        }
    }

    #[test]
    fn a_statement_that_failed_is_an_internal_error() {
        let failure = Failure::from(StoreError::Backend("no such table".into()));

        let answer = ModernError::from(failure).answer(ErrorForm::default());

        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn a_hasher_that_failed_is_an_internal_error() {
        let failure = Failure::from(HasherError::Failed("broken".into()));

        let answer = ModernError::from(failure).answer(ErrorForm::default());

        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.headers().contains_key(header::RETRY_AFTER));
    }
}
