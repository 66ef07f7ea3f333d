//! Where the versions of the original contradict each other, and which one is followed: all of it
//! is here and in `docs/compatibility.md`.

use crate::error_code::ErrorCode;

/// Which version of Hasura Auth clients expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Version 0.42, byte for byte.
    #[default]
    V0_42,
    /// The latest one, with what this server does better.
    Latest,
}

impl Compat {
    /// The row of the error table that clients know for this one: later versions tell apart what
    /// earlier ones did not, and renamed a row.
    #[must_use]
    pub fn error_code(self, code: ErrorCode) -> ErrorCode {
        match self {
            Self::V0_42 if code == ErrorCode::INVALID_OTP => ErrorCode::INVALID_TICKET,
            Self::V0_42 if code == ErrorCode::OTP_TOO_MANY_ATTEMPTS => ErrorCode::INVALID_TICKET,
            Self::V0_42 if code == ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED => {
                ErrorCode::INVALID_REQUEST
            }
            Self::Latest if code == ErrorCode::EMAIL_ALREADY_IN_USE => {
                ErrorCode::USER_ALREADY_EXISTS
            }
            _ => code,
        }
    }

    /// The same for a wrong code of a text message; earlier versions say only that the request is
    /// wrong.
    #[must_use]
    pub fn error_code_of_texted_code(self, code: ErrorCode) -> ErrorCode {
        match self {
            Self::V0_42 => ErrorCode::INVALID_REQUEST,
            Self::Latest => code,
        }
    }

    /// Whether a missing or bad access token is a 401, and a body that does not fit a
    /// `schema-validation-error`. Before, both were a 400 with the message of a Go library.
    pub(crate) fn names_what_is_wrong_with_a_request(self) -> bool {
        self == Self::Latest
    }

    /// Whether an answer with the status 429 has a body that says what it is.
    pub(crate) fn explains_too_many_requests(self) -> bool {
        self == Self::Latest
    }

    /// Whether the bot check guards every request that sends a mail or a text message, and not only
    /// sign-up: clients of the earlier versions send no challenge response there.
    pub(crate) fn turns_programs_away_from_signing_in(self) -> bool {
        self == Self::Latest
    }

    /// Whether a personal access token may be made that has expired already.
    #[must_use]
    pub fn makes_expired_personal_access_tokens(self) -> bool {
        self == Self::V0_42
    }

    /// Whether recommended elevation is required of every user who has any way to elevate. Before,
    /// only of owners of security keys.
    #[must_use]
    pub fn every_method_obliges_to_elevate(self) -> bool {
        self == Self::Latest
    }
}
