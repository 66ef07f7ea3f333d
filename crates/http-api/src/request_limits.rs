//! Rate limits: how often a client may ask, and for what.
//!
//! The table is that of Hasura Auth after 0.42, where sign-ups no longer share a counter with
//! attempts to sign in, and nothing more is counted for a request that was refused.

use auth_domain::limits::{ClientNetwork, CounterKey, Limiter, RateLimit, TooMany, Verdict};

/// The rate limit of each kind of request.
#[derive(Debug, Clone)]
pub struct RequestLimits {
    /// For anything.
    pub global: RateLimit,
    /// For what sends a mail.
    pub email: RateLimit,
    /// Whether all clients share that limit.
    pub email_is_global: bool,
    /// Whether signing up sends a mail.
    pub sign_up_sends_mail: bool,
    /// For what sends a text message.
    pub sms: RateLimit,
    /// For what checks a password, a code or a link (brute force).
    pub brute_force: RateLimit,
    /// For what makes an account.
    pub sign_ups: RateLimit,
    /// For what issues tokens to other applications.
    pub oauth2_server: RateLimit,
}

/// A rate limit that the row of an endpoint names, beside the one that holds for every request.
///
/// In the order they are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// It sends a mail.
    Email,
    /// It sends a mail where signing up does.
    EmailOfSignUp,
    /// It sends a text message.
    Sms,
    /// It checks a password, a code or a link (brute force).
    BruteForce,
    /// It makes an account.
    SignUps,
    /// It issues tokens to other applications.
    OAuth2Server,
}

/// Below these paths the original guards against brute force, whether or not there is such a path.
const GUESSING_BELOW: [&str; 4] = ["/signin", "/elevate", "/oauth2/authorize", "/oauth2/login"];
const GUESSING_ENDS_IN: [&str; 2] = ["/verify", "/otp"];
const SIGN_UP_BELOW: &str = "/signup";
const OAUTH2_SERVER: [&str; 2] = ["/oauth2/token", "/oauth2/introspect"];

/// The rate limits of a request whose path, without the API prefix, is no endpoint's: the
/// original's rules on paths.
pub(crate) fn limits_of_unknown_path(path: &str) -> Vec<Limit> {
    let is_guessing = GUESSING_BELOW.iter().any(|it| path.starts_with(it))
        || GUESSING_ENDS_IN.iter().any(|it| path.ends_with(it));
    [
        (Limit::BruteForce, is_guessing),
        (Limit::SignUps, path.starts_with(SIGN_UP_BELOW)),
        (Limit::OAuth2Server, OAUTH2_SERVER.contains(&path)),
    ]
    .into_iter()
    .filter_map(|(limit, holds)| holds.then_some(limit))
    .collect()
}

/// What the keys of the limit on all requests begin with, as in the original.
const GLOBAL: &str = "user-global";

impl Limit {
    /// What its keys begin with, as in the original.
    fn name(self) -> &'static str {
        match self {
            Self::Email | Self::EmailOfSignUp => "user-email",
            Self::Sms => "user-sms",
            Self::BruteForce => "user-bruteforce",
            Self::SignUps => "user-signups",
            Self::OAuth2Server => "user-oauth2-server",
        }
    }

    fn key(self, client: ClientNetwork, limits: &RequestLimits) -> CounterKey {
        match self {
            Self::Email | Self::EmailOfSignUp if limits.email_is_global => {
                CounterKey::of_all(self.name())
            }
            _ => CounterKey::of_client(self.name(), client),
        }
    }
}

impl RequestLimits {
    /// Counts a request against the limit on all requests and then against `named` ones, up to the
    /// first that is full.
    pub(crate) async fn count(
        &self,
        limiter: &Limiter,
        named: &[Limit],
        client: ClientNetwork,
    ) -> Result<(), TooMany> {
        let global = CounterKey::of_client(GLOBAL, client);
        count_one(limiter, &global, self.global).await?;
        for limit in named.iter().filter(|it| self.holds(**it)) {
            count_one(limiter, &limit.key(client, self), self.rate_of(*limit)).await?;
        }
        Ok(())
    }

    fn holds(&self, limit: Limit) -> bool {
        limit != Limit::EmailOfSignUp || self.sign_up_sends_mail
    }

    fn rate_of(&self, limit: Limit) -> RateLimit {
        match limit {
            Limit::Email | Limit::EmailOfSignUp => self.email,
            Limit::Sms => self.sms,
            Limit::BruteForce => self.brute_force,
            Limit::SignUps => self.sign_ups,
            Limit::OAuth2Server => self.oauth2_server,
        }
    }
}

async fn count_one(limiter: &Limiter, key: &CounterKey, rate: RateLimit) -> Result<(), TooMany> {
    match limiter.count(key, rate).await {
        Verdict::TooMany { retry_after } => Err(TooMany { retry_after }),
        Verdict::Allowed => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use auth_domain::testing::FixedClock;

    use super::*;

    const MANY: RateLimit = RateLimit::new(1000, Duration::from_mins(1));

    fn limits() -> RequestLimits {
        RequestLimits {
            global: MANY,
            email: MANY,
            email_is_global: false,
            sign_up_sends_mail: false,
            sms: MANY,
            brute_force: MANY,
            sign_ups: MANY,
            oauth2_server: MANY,
        }
    }

    fn client(last: u8) -> ClientNetwork {
        ClientNetwork::of([192, 0, 2, last].into())
    }

    #[test]
    fn paths_that_do_not_exist_count_as_in_the_original() {
        let expected: [(&str, &[Limit]); 9] = [
            ("/nowhere", &[]),
            ("/signin/nowhere", &[Limit::BruteForce]),
            ("/elevate/nowhere", &[Limit::BruteForce]),
            ("/nowhere/verify", &[Limit::BruteForce]),
            ("/nowhere/otp", &[Limit::BruteForce]),
            ("/signup/nowhere", &[Limit::SignUps]),
            (
                "/signup/nowhere/verify",
                &[Limit::BruteForce, Limit::SignUps],
            ),
            ("/oauth2/login", &[Limit::BruteForce]),
            ("/oauth2/token", &[Limit::OAuth2Server]),
        ];

        for (path, limits) in expected {
            assert_eq!(limits_of_unknown_path(path), limits, "{path}");
        }
    }

    #[tokio::test]
    async fn where_sign_ups_send_mails_they_count_as_mails() {
        for (sign_up_sends_mail, second) in [(false, true), (true, false)] {
            let limits = RequestLimits {
                email: RateLimit::new(1, Duration::from_hours(1)),
                sign_up_sends_mail,
                ..limits()
            };
            let limiter = Limiter::new(Arc::new(FixedClock::default()));
            let ask = async |limit| limits.count(&limiter, &[limit], client(1)).await.is_ok();

            assert!(ask(Limit::Email).await);
            assert_eq!(ask(Limit::EmailOfSignUp).await, second);
        }
    }

    #[tokio::test]
    async fn what_one_bucket_refuses_is_not_counted_in_those_behind_it() {
        let limits = RequestLimits {
            email: RateLimit::new(1, Duration::from_hours(1)),
            brute_force: RateLimit::new(3, Duration::from_hours(1)),
            ..limits()
        };
        let limiter = Limiter::new(Arc::new(FixedClock::default()));
        let ask = async |named: &[Limit]| limits.count(&limiter, named, client(1)).await.is_ok();

        let mut allowed = 0;
        for _ in 0..10 {
            allowed += usize::from(ask(&[Limit::Email, Limit::BruteForce]).await);
        }

        assert_eq!(allowed, 1);
        assert!(ask(&[Limit::BruteForce]).await);
        assert!(ask(&[Limit::BruteForce]).await);
        assert!(!ask(&[Limit::BruteForce]).await);
    }

    #[tokio::test]
    async fn the_limit_on_mail_may_be_shared_by_all_clients() {
        for (email_is_global, second) in [(false, true), (true, false)] {
            let limits = RequestLimits {
                email: RateLimit::new(1, Duration::from_hours(1)),
                email_is_global,
                ..limits()
            };
            let limiter = Limiter::new(Arc::new(FixedClock::default()));
            let ask = async |from| {
                let named = [Limit::Email];
                limits.count(&limiter, &named, from).await.is_ok()
            };

            assert!(ask(client(1)).await);
            assert_eq!(ask(client(2)).await, second);
        }
    }
}
