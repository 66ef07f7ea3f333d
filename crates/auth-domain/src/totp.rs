//! Time-based one-time passwords (RFC 6238): what an authenticator app and this server agree on.
//!
//! SHA-1, six digits and steps of 30 seconds, as in Hasura Auth; it is also the one choice that
//! every app understands. The arithmetic is behind [`TotpVerifier`](crate::ports::TotpVerifier);
//! which steps count, and how often, is decided here and in
//! [`SecondFactorService`](crate::services::SecondFactorService).

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;

use crate::{percent::percent_encoded, secret::Secret, user::UserId};

/// Length of a step in seconds.
pub const STEP_SECONDS: u64 = 30;

/// How many digits a code has.
pub const DIGITS: u32 = 6;

/// How many steps the clock of a phone may be ahead or behind, as in Hasura Auth.
const SKEW: u64 = 1;

/// The key that an app and this server share. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Vec<u8>);

/// The text is no key in base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret for one-time passwords")]
pub struct InvalidTotpSecret;

impl TotpSecret {
    /// A new key from random bytes; RFC 4226 §4 asks for 16 at least.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random.to_vec())
    }

    /// Reads a key from base32, without regard to case, blanks and padding.
    ///
    /// # Errors
    ///
    /// [`InvalidTotpSecret`] for any other text, and for an empty one.
    pub fn parse(base32: &str) -> Result<Self, InvalidTotpSecret> {
        let digits: String = base32
            .chars()
            .filter(|it| !it.is_ascii_whitespace() && *it != '=')
            .map(|it| it.to_ascii_uppercase())
            .collect();
        match BASE32_NOPAD.decode(digits.as_bytes()) {
            Ok(key) if !key.is_empty() => Ok(Self(key)),
            _ => Err(InvalidTotpSecret),
        }
    }

    /// The key itself. Call it only where codes are computed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The text that a person types into an app: base32 without padding.
    #[must_use]
    pub fn base32(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(&self.0))
    }

    /// What an app reads from a QR code, in the [Key URI format] and with the parameters of Hasura
    /// Auth.
    ///
    /// [Key URI format]: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        let secret = BASE32_NOPAD.encode(&self.0);
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits={DIGITS}&issuer={issuer}\
             &period={STEP_SECONDS}&secret={secret}"
        ))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

/// A code as a person types it: six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpCode(String);

/// The text is not six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a one-time password")]
pub struct InvalidTotpCode;

impl TotpCode {
    /// Reads a code; blanks around it do not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidTotpCode`] unless `text` is six ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidTotpCode> {
        let digits = text.trim();
        if digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits.to_owned()))
        } else {
            Err(InvalidTotpCode)
        }
    }

    /// The digits. Call it only where codes are compared.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(***)")
    }
}

/// A step: how many times 30 seconds have passed since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeStep(pub u64);

impl TimeStep {
    /// The steps whose codes are accepted at this moment, the oldest first: the current one and one
    /// either side. Before the epoch there are none.
    pub fn accepted_at(now: DateTime<Utc>) -> impl Iterator<Item = Self> {
        let current = u64::try_from(now.timestamp())
            .ok()
            .map(|it| it / STEP_SECONDS);
        current
            .into_iter()
            .flat_map(|it| it.saturating_sub(SKEW)..=it + SKEW)
            .map(Self)
    }
}

/// What a code is used for. Within its life a code is accepted once for each (replay).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TotpPurpose {
    /// Switches the second factor on.
    Activation,
    /// Switches it off.
    Deactivation,
    /// Signs in.
    SignIn,
    /// Replaces the recovery codes.
    RecoveryCodes,
    /// Elevates an access token.
    Elevation,
}

impl TotpPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::Activation,
        Self::Deactivation,
        Self::SignIn,
        Self::RecoveryCodes,
        Self::Elevation,
    ];

    /// Its name in a store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Deactivation => "deactivation",
            Self::SignIn => "sign-in",
            Self::RecoveryCodes => "recovery-codes",
            Self::Elevation => "elevation",
        }
    }
}

/// One use of the code of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepUse {
    /// Whose code.
    pub user_id: UserId,
    /// What it is used for.
    pub purpose: TotpPurpose,
    /// The step it belongs to.
    pub step: TimeStep,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_uri_has_sorted_parameters_and_no_plus_signs() {
        let secret = TotpSecret::parse("GEZDGNBVGY3TQOJQ").unwrap();

        let uri = secret.uri("My App & Co", "ada+x@example.com");

        let expected = "otpauth://totp/My%20App%20%26%20Co:ada%2Bx%40example.com\
             ?algorithm=SHA1&digits=6&issuer=My%20App%20%26%20Co&period=30\
             &secret=GEZDGNBVGY3TQOJQ";
        assert_eq!(uri.expose(), expected);
    }

    #[test]
    fn a_new_secret_is_52_characters_that_are_read_back() {
        let secret = TotpSecret::new([7; 32]);

        assert_eq!(secret.base32().expose().len(), 52);
        assert_eq!(TotpSecret::parse(secret.base32().expose()), Ok(secret));
    }

    #[test]
    fn a_secret_is_read_whatever_its_case_blanks_and_padding() {
        let expected = TotpSecret(b"12345678".to_vec());

        for text in [
            "GEZDGNBVGY3TQ",
            "gezd gnbv gy3t q",
            "GEZDGNBVGY3TQ===",
            " GEZDGNBVGY3TQ\n",
        ] {
            assert_eq!(TotpSecret::parse(text).as_ref(), Ok(&expected), "{text:?}");
        }
        for text in ["", "===", "GEZDGNB1", "GEZDGNBVGY3TQO!", "é"] {
            assert_eq!(TotpSecret::parse(text), Err(InvalidTotpSecret), "{text:?}");
        }
    }

    #[test]
    fn a_code_is_six_digits_with_blanks_around_at_most() {
        assert_eq!(TotpCode::parse(" 012345\n").unwrap().expose(), "012345");
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "123 456",
            "１２３４５６",
            "+12345",
        ] {
            assert_eq!(TotpCode::parse(text), Err(InvalidTotpCode), "{text:?}");
        }
    }

    #[test]
    fn the_current_step_and_its_neighbours_are_accepted() {
        let steps = |seconds| -> Vec<u64> {
            TimeStep::accepted_at(moment(seconds))
                .map(|it| it.0)
                .collect()
        };

        assert_eq!(steps(59), [0, 1, 2]);
        assert_eq!(steps(60), [1, 2, 3]);
        assert_eq!(steps(0), [0, 1]);
        assert_eq!(steps(-1), [0; 0]);
    }

    #[test]
    fn secrets_and_codes_are_not_shown_by_debug() {
        let secret = TotpSecret::new([7; 32]);
        let code = TotpCode::parse("123456").unwrap();

        let shown = format!("{secret:?} {code:?}");

        assert_eq!(shown, "TotpSecret(***) TotpCode(***)");
    }
}
