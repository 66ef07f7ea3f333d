//! One-time codes: six digits that a user reads in a mail or a text message and types.
//!
//! Six digits can be guessed, so a code is short-lived and works once, and wrong guesses at an open
//! code are counted per account: asking for another code buys no more guesses. Where no code is
//! open there is nothing to guess, and nothing is counted. [`guessing`](crate::guessing) says how
//! many are too many.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use hmac::Mac;

pub use crate::code_key::CodeKey;
use crate::{guessing::GuessLimits, ticket::TicketPurpose, user::UserId};

/// What a code is good for. A code for one thing is no code for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Signs in.
    SignIn,
    /// Elevates: proves that the signed-in user is still there.
    Elevation,
    /// Does what the link beside it in the mail does.
    InPlaceOf(TicketPurpose),
    /// Signs in the reader of a phone's messages.
    TextedSignIn,
    /// Elevates: proves that the signed-in user still reads the messages of their phone.
    TextedElevation,
    /// Gives an anonymous user the phone number it was sent to.
    PhoneDeanonymization,
    /// Moves an account to the phone number it was sent to.
    PhoneChange,
}

/// Wrong guesses that are counted together. A right guess resets the count of its own kind only:
/// reading one mailbox or phone must not buy guesses at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuessKind {
    /// At codes that were mailed.
    Mailed,
    /// At codes that were sent to the phone of the account.
    Texted,
    /// At mailed codes that elevate. Only a signed-in user can have one sent, so strangers cannot
    /// use up these guesses.
    MailedElevation,
    /// The same, sent to the phone of the account.
    TextedElevation,
    /// At codes that were mailed to an address that is not known to be the caller's. This count is
    /// never reset early: the caller could read a mailbox of their own in between.
    NewMailbox,
    /// At codes that were sent to a phone that is not known to be the caller's. This count is never
    /// reset early: the caller could prove a number of their own in between.
    NewPhone,
}

impl GuessKind {
    /// Its name in a store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mailed => "mailed-code",
            Self::Texted => "texted-code",
            Self::MailedElevation => "mailed-elevation-code",
            Self::TextedElevation => "texted-elevation-code",
            Self::NewMailbox => "new-mailbox-code",
            Self::NewPhone => "new-phone-code",
        }
    }

    /// Whether the code went to the account owner. Then a right guess resets the count, and the
    /// known places of the owner have counts of their own. Where the code went to a new mailbox or
    /// phone, neither may buy the caller more guesses.
    #[must_use]
    pub fn is_of_owner(self) -> bool {
        match self {
            Self::Mailed | Self::Texted | Self::MailedElevation | Self::TextedElevation => true,
            Self::NewMailbox | Self::NewPhone => false,
        }
    }
}

impl CodePurpose {
    /// Its name in a store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Elevation => "elevation",
            Self::InPlaceOf(ticket) => ticket.prefix(),
            Self::TextedSignIn => "texted-sign-in",
            Self::TextedElevation => "texted-elevation",
            Self::PhoneDeanonymization => "phone-deanonymization",
            Self::PhoneChange => "phone-change",
        }
    }

    /// The count that wrong guesses at such codes are added to.
    #[must_use]
    pub fn guess_kind(self) -> GuessKind {
        match self {
            Self::InPlaceOf(TicketPurpose::ConfirmEmailChange) => GuessKind::NewMailbox,
            Self::SignIn | Self::InPlaceOf(_) => GuessKind::Mailed,
            Self::Elevation => GuessKind::MailedElevation,
            Self::TextedSignIn => GuessKind::Texted,
            Self::TextedElevation => GuessKind::TextedElevation,
            Self::PhoneDeanonymization | Self::PhoneChange => GuessKind::NewPhone,
        }
    }
}

/// A code as its holder types it: six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

/// The text is not six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a one-time code")]
pub struct InvalidOneTimeCode;

impl OneTimeCode {
    /// A new code from random bytes; every code is as likely as any other, to within 2⁻⁴⁴.
    #[must_use]
    pub fn new(random: [u8; 24]) -> Self {
        let (number, _) = random
            .split_first_chunk()
            .map_or(([0; 8], &[][..]), |(a, b)| (*a, b));
        Self(format!("{:06}", u64::from_be_bytes(number) % 1_000_000))
    }

    /// Reads a code.
    ///
    /// # Errors
    ///
    /// [`InvalidOneTimeCode`] unless `text` is six ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidOneTimeCode> {
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidOneTimeCode)
        }
    }

    /// The digits, for the mail.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The stored form: an HMAC, because all million plain hashes can be tried in no time. It is
    /// bound to its user and purpose.
    #[must_use]
    pub fn hashed(&self, key: &CodeKey, user: UserId, purpose: CodePurpose) -> HashedCode {
        HashedCode::of(self.0.as_bytes(), key, user, purpose)
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(***)")
    }
}

/// The stored form of a code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedCode(String);

impl HashedCode {
    /// What is stored where a service sent a code of its own and checks guesses itself: no code has
    /// this hash, but a guess that the service found right is given it.
    #[must_use]
    pub fn of_foreign_code(key: &CodeKey, user: UserId, purpose: CodePurpose) -> Self {
        Self::of(b"judged elsewhere", key, user, purpose)
    }

    fn of(code: &[u8], key: &CodeKey, user: UserId, purpose: CodePurpose) -> Self {
        let mut mac = key.mac();
        mac.update(user.0.as_bytes());
        mac.update(purpose.name().as_bytes());
        mac.update(code);
        Self(HEXLOWER.encode(&mac.finalize().into_bytes()))
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCode {
    /// Whose it is.
    pub user_id: UserId,
    /// What it is good for.
    pub purpose: CodePurpose,
    /// The only form of the code that is stored.
    pub hash: HashedCode,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
}

/// One guess at a code.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeGuess {
    /// The user whose code is guessed at.
    pub user_id: UserId,
    /// What the code is to be good for.
    pub purpose: CodePurpose,
    /// The hash of the guess.
    pub hash: HashedCode,
    /// Where and when it is made, and how many are too many.
    pub limits: GuessLimits,
}

/// The outcome of a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// It was the code. The code is gone, and the count of wrong guesses is reset.
    Accepted,
    /// It was not, and was counted; or no code is open, and nothing was counted.
    Wrong,
    /// There were too many wrong guesses, and nothing was compared. The code stays good for
    /// networks that have guesses left.
    TooManyWrong,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn codes_have_six_digits_whatever_the_random_bytes() {
        assert_eq!(OneTimeCode::new([0; 24]).expose(), "000000");
        assert_eq!(OneTimeCode::new([255; 24]).expose(), "551615");
    }

    #[test]
    fn anything_but_six_digits_is_no_code() {
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            " 12345",
            "+12345",
        ] {
            assert_eq!(
                OneTimeCode::parse(text),
                Err(InvalidOneTimeCode),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_hash_is_bound_to_key_user_and_purpose() {
        let code = OneTimeCode::parse("123456").unwrap();
        let key = CodeKey::derive(b"one");
        let user = UserId(Uuid::from_u128(1));
        let hash = code.hashed(&key, user, CodePurpose::SignIn);

        assert_eq!(
            hash,
            code.hashed(&CodeKey::derive(b"one"), user, CodePurpose::SignIn)
        );
        assert_ne!(
            hash,
            code.hashed(&CodeKey::derive(b"two"), user, CodePurpose::SignIn)
        );
        assert_ne!(
            hash,
            code.hashed(&key, UserId(Uuid::from_u128(2)), CodePurpose::SignIn)
        );
        assert_ne!(hash, code.hashed(&key, user, CodePurpose::Elevation));
    }
}
