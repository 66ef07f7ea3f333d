//! The table of errors of the modern generation.

/// One row of the original's error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The member `error`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The member `message`.
    pub message: &'static str,
    /// Whether it tells something about an account (user enumeration) and may be replaced.
    pub concealed: bool,
}

/// Rows of the table; the names are the codes.
macro_rules! error_codes {
    ($($name:ident = $code:literal $status:literal $message:literal $concealed:literal;)+) => {
        impl ErrorCode {
            $(
                #[doc = concat!("`", $code, "`")]
                pub const $name: Self = Self {
                    code: $code,
                    status: $status,
                    message: $message,
                    concealed: $concealed,
                };
            )+
        }
    };
}

error_codes! {
    CANNOT_SEND_SMS = "cannot-send-sms" 400
        "Cannot send SMS, check your phone number is correct" false;
    DEFAULT_ROLE_MUST_BE_IN_ALLOWED_ROLES = "default-role-must-be-in-allowed-roles" 400
        "Default role must be in allowed roles" false;
    DISABLED_ENDPOINT = "disabled-endpoint" 409 "This endpoint is disabled" false;
    DISABLED_MFA_TOTP = "disabled-mfa-totp" 401 "User does not have TOTP MFA enabled" true;
    DISABLED_USER = "disabled-user" 401 "User is disabled" true;
    EMAIL_ALREADY_IN_USE = "email-already-in-use" 409 "Email already in use" true;
    EMAIL_ALREADY_VERIFIED = "email-already-verified" 400
        "User's email is already verified" true;
    FORBIDDEN_ANONYMOUS = "forbidden-anonymous" 403 "Forbidden, user is anonymous." true;
    FORBIDDEN_ENDPOINT = "forbidden-endpoint" 403
        "This endpoint takes direct requests to this machine only" false;
    INTERNAL_SERVER_ERROR = "internal-server-error" 500 "Internal server error" false;
    INVALID_EMAIL_PASSWORD = "invalid-email-password" 401 "Incorrect email or password" true;
    INVALID_EXPIRY_DATE = "invalid-expiry-date" 400 "The expiry date must be in the future" false;
    INVALID_OTP = "invalid-otp" 400 "Invalid or expired OTP" true;
    INVALID_PAT = "invalid-pat" 401 "Invalid or expired personal access token" true;
    INVALID_REFRESH_TOKEN = "invalid-refresh-token" 401 "Invalid or expired refresh token" true;
    INVALID_REQUEST = "invalid-request" 400 "The request payload is incorrect" false;
    INVALID_STATE = "invalid-state" 400 "Invalid state" false;
    INVALID_TICKET = "invalid-ticket" 401 "Invalid ticket" true;
    INVALID_TOTP = "invalid-totp" 401 "Invalid TOTP code" true;
    NO_TOTP_SECRET = "no-totp-secret" 400 "User does not have a TOTP secret" true;
    OAUTH_PROFILE_FETCH_FAILED = "oauth-profile-fetch-failed" 400
        "Failed to get user profile" false;
    OAUTH_PROVIDER_ERROR = "oauth-provider-error" 400 "Provider returned an error" false;
    OAUTH_TOKEN_EXCHANGE_FAILED = "oauth-token-echange-failed" 400
        "Failed to exchange token" false;
    OTP_TOO_MANY_ATTEMPTS = "otp-too-many-attempts" 400
        "Too many incorrect attempts, please request a new OTP" true;
    PASSWORD_IN_HIBP_DATABASE = "password-in-hibp-database" 400 "Password is in HIBP database" false;
    PASSWORD_TOO_SHORT = "password-too-short" 400 "Password is too short" false;
    PROVIDER_ACCOUNT_ALREADY_LINKED = "provider-account-already-linked" 400
        "This provider account is already linked to a user" false;
    REDIRECT_TO_NOT_ALLOWED = "redirectTo-not-allowed" 400
        "The value of \"options.redirectTo\" is not allowed." false;
    REQUEST_TIMEOUT = "request-timeout" 408 "The request took too long to arrive" false;
    REQUEST_TOO_LARGE = "request-too-large" 413 "The request body is too large" false;
    ROLE_NOT_ALLOWED = "role-not-allowed" 400 "Role not allowed" true;
    SERVER_BUSY = "server-busy" 503 "The server is busy, please try again later" false;
    SIGNUP_DISABLED = "signup-disabled" 403 "Sign up is disabled." true;
    TEMPORARILY_UNAVAILABLE = "temporarily-unavailable" 503
        "The service is temporarily unavailable, please try again later" false;
    TOTP_ALREADY_ACTIVE = "totp-already-active" 400 "TOTP MFA is already active" false;
    TOO_DISTANT_EXPIRY_DATE = "invalid-expiry-date" 400
        "The expiry date is too far in the future" false;
    TOO_MANY_REQUESTS = "too-many-requests" 429
        "Too many requests, please try again later" false;
    UNVERIFIED_USER = "unverified-user" 401 "User is not verified." true;
    USER_ALREADY_EXISTS = "user-already-exists" 409 "User already exists" true;
    USER_NOT_ANONYMOUS = "user-not-anonymous" 400 "Logged in user is not anonymous" false;
}

impl ErrorCode {
    /// The row that clients see, where errors are concealed or are not.
    pub(crate) fn shown(self, concealing: bool) -> Self {
        if concealing && self.concealed {
            Self::INVALID_REQUEST
        } else {
            self
        }
    }
}
