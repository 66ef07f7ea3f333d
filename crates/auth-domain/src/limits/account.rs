//! Rate limits per account, per mailbox and per phone.

use std::time::Duration;

use super::{AccountName, ClientNetwork, CounterKey, Limiter, NamingKey, RateLimit, Verdict};
use crate::user::{EmailAddress, PhoneNumber};

/// For how long, at least, a place counts as known after a sign-in.
const PLACE: RateLimit = RateLimit::new(1_000_000, Duration::from_hours(30 * 24));

/// Rate limits of wrong attempts per account, and of messages per mailbox or phone.
///
/// They are the same whether or not there is such an account (user enumeration): what is counted is
/// the name that was sent.
///
/// **A limit per account must not lock out its owner**: an attacker who knows an address could
/// attempt in vain on purpose. So right attempts are not counted, and a place (network) from which
/// the account was signed in to during the last month has a count of its own once the common one is
/// used up. Strangers then lock out only each other.
#[derive(Clone)]
pub struct AccountLimits {
    limiter: Limiter,
    naming: NamingKey,
    wrong_attempts: RateLimit,
    mails: RateLimit,
}

/// A rate limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct TooMany {
    /// How long to wait before a retry.
    pub retry_after: Duration,
}

/// What a mail is asked for. Each has a count of its own, so that asking for one in vain does not
/// use up the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailRequest {
    /// To sign in, perhaps to a new account.
    SignIn,
    /// To sign up, which sends nothing to an address that has an account.
    SignUp,
    /// To verify an address.
    Verification,
    /// To move an account to the address.
    Change,
    /// To choose another password.
    PasswordReset,
    /// To elevate.
    Elevation,
}

/// What a text message is asked for; see [`MailRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRequest {
    /// To sign in, perhaps to a new account.
    SignIn,
    /// To sign up, which sends nothing to a number that has an account.
    SignUp,
    /// To give an account the number.
    Change,
    /// To elevate.
    Elevation,
}

impl AccountLimits {
    /// Allows `wrong_attempts` per account, and `mails` per mailbox or phone and kind of message.
    #[must_use]
    pub fn new(
        limiter: Limiter,
        naming: NamingKey,
        wrong_attempts: RateLimit,
        mails: RateLimit,
    ) -> Self {
        Self {
            limiter,
            naming,
            wrong_attempts,
            mails,
        }
    }

    /// The defaults: twenty wrong attempts per account within five minutes, and five messages of a
    /// kind to a mailbox or phone within an hour.
    #[must_use]
    pub fn usual(limiter: Limiter, naming: NamingKey) -> Self {
        let wrong_attempts = RateLimit::new(20, Duration::from_mins(5));
        let mails = RateLimit::new(5, Duration::from_hours(1));
        Self::new(limiter, naming, wrong_attempts, mails)
    }

    /// Begins an attempt. It counts as wrong until it is found not to be, so that concurrent
    /// attempts are limited like successive ones.
    pub(crate) async fn attempt(
        &self,
        account: AccountName<'_>,
        client: Option<ClientNetwork>,
    ) -> Result<Attempt<'_>, TooMany> {
        let common = self.naming.account(account);
        let at = |what| client.map(|it| self.naming.account_at(what, account, it));
        let place = at("place");
        let attempt = |counted| Attempt {
            limits: self,
            counted,
            place: place.clone(),
        };
        let refused = match self.count(&common, self.wrong_attempts).await {
            Ok(()) => return Ok(attempt(common)),
            Err(refused) => refused,
        };
        let (Some(known), Some(own)) = (&place, at("account-at-place")) else {
            return Err(refused);
        };
        if !self.limiter.knows(known, PLACE).await {
            return Err(refused);
        }
        self.count(&own, self.wrong_attempts).await?;
        Ok(attempt(own))
    }

    /// Counts a mail that was asked for.
    pub(crate) async fn mail(
        &self,
        request: MailRequest,
        to: &EmailAddress,
    ) -> Result<(), TooMany> {
        let what = match request {
            MailRequest::SignIn => "mail-sign-in",
            MailRequest::SignUp => "mail-sign-up",
            MailRequest::Verification => "mail-verification",
            MailRequest::Change => "mail-change",
            MailRequest::PasswordReset => "mail-password-reset",
            MailRequest::Elevation => "mail-elevation",
        };
        self.count(&self.naming.mailbox(what, to), self.mails).await
    }

    /// Counts a text message that was asked for; as many are allowed as mails.
    pub(crate) async fn text(&self, request: TextRequest, to: &PhoneNumber) -> Result<(), TooMany> {
        let what = match request {
            TextRequest::SignIn => "text-sign-in",
            TextRequest::SignUp => "text-sign-up",
            TextRequest::Change => "text-change",
            TextRequest::Elevation => "text-elevation",
        };
        self.count(&self.naming.phone(what, to), self.mails).await
    }

    async fn count(&self, key: &CounterKey, limit: RateLimit) -> Result<(), TooMany> {
        match self.limiter.count(key, limit).await {
            Verdict::Allowed => Ok(()),
            Verdict::TooMany { retry_after } => Err(TooMany { retry_after }),
        }
    }
}

/// An attempt that is under way.
pub(crate) struct Attempt<'a> {
    limits: &'a AccountLimits,
    counted: CounterKey,
    place: Option<CounterKey>,
}

impl Attempt<'_> {
    /// It was right: it does not count, and its place is known from now on.
    pub(crate) async fn was_right(self) {
        if let Some(place) = &self.place {
            self.limits.limiter.count(place, PLACE).await;
        }
        self.was_not_judged().await;
    }

    /// It was not checked, because something failed: it does not count.
    pub(crate) async fn was_not_judged(self) {
        let AccountLimits {
            limiter,
            wrong_attempts,
            ..
        } = self.limits;
        limiter.take_back(&self.counted, *wrong_attempts).await;
    }
}
