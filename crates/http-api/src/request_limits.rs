//! How often a client may ask, and for what.
//!
//! The table is that of Hasura Auth after 0.42, where sign-ups no longer share a counter with
//! attempts to sign in, and nothing more is counted for a request that was refused.

use auth_domain::limits::{ClientNetwork, CounterKey, Limiter, RateLimit, TooMany, Verdict};

use crate::routes::is_probe;

/// How often a client may ask.
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
    /// For what judges a password, a code or a link.
    pub brute_force: RateLimit,
    /// For what makes an account.
    pub sign_ups: RateLimit,
    /// For what issues tokens to other applications.
    pub oauth2_server: RateLimit,
}

/// Requests that are counted together.
struct Bucket {
    /// What its keys begin with, as in the original.
    name: &'static str,
    limit: fn(&RequestLimits) -> RateLimit,
    is_global: fn(&RequestLimits) -> bool,
    holds: &'static [Requests],
}

/// Some requests, by their path without the API prefix.
enum Requests {
    All,
    At(&'static str),
    /// Only where signing up sends a mail.
    AtIfMailed(&'static str),
    Below(&'static str),
    EndingIn(&'static str),
    /// Of the legacy generation, whose paths have no prefix.
    Legacy(&'static str),
}

use Requests::{All, At, AtIfMailed, Below, EndingIn, Legacy};

/// In the order they are counted in.
const BUCKETS: [Bucket; 6] = [
    Bucket {
        name: "user-global",
        limit: |limits| limits.global,
        is_global: |_| false,
        holds: &[All],
    },
    Bucket {
        name: "user-email",
        limit: |limits| limits.email,
        is_global: |limits| limits.email_is_global,
        holds: &[
            At("/elevate/otp/email"),
            At("/signin/passwordless/email"),
            At("/signin/otp/email"),
            At("/signup/passwordless/email"),
            At("/signup/otp/email"),
            At("/user/email/change"),
            At("/user/password/reset"),
            AtIfMailed("/user/email/send-verification-email"),
            AtIfMailed("/signup/email-password"),
            AtIfMailed("/user/deanonymize"),
        ],
    },
    Bucket {
        name: "user-sms",
        limit: |limits| limits.sms,
        is_global: |_| false,
        holds: &[
            At("/signin/passwordless/sms"),
            At("/signup/passwordless/sms"),
            // Not in the original.
            At("/elevate/otp/sms"),
            At("/user/deanonymize/sms"),
            At("/user/phone/change"),
        ],
    },
    Bucket {
        name: "user-bruteforce",
        limit: |limits| limits.brute_force,
        is_global: |_| false,
        holds: &[
            Below("/signin"),
            Below("/elevate"),
            Below("/oauth2/authorize"),
            Below("/oauth2/login"),
            EndingIn("/verify"),
            EndingIn("/otp"),
            // Not in the original.
            At("/verify/code"),
            Legacy("/v1/login"),
            Legacy("/v1/user/change-password"),
        ],
    },
    Bucket {
        name: "user-signups",
        limit: |limits| limits.sign_ups,
        is_global: |_| false,
        holds: &[Below("/signup"), Legacy("/v1/signup")],
    },
    Bucket {
        name: "user-oauth2-server",
        limit: |limits| limits.oauth2_server,
        is_global: |_| false,
        holds: &[At("/oauth2/token"), At("/oauth2/introspect")],
    },
];

impl Bucket {
    fn holds(&self, path: &str, prefix: &str, limits: &RequestLimits) -> bool {
        let modern = path.strip_prefix(prefix).unwrap_or(path);
        self.holds.iter().any(|requests| match requests {
            All => true,
            At(at) => modern == *at,
            AtIfMailed(at) => limits.sign_up_sends_mail && modern == *at,
            Below(start) => modern.starts_with(start),
            EndingIn(end) => modern.ends_with(end),
            Legacy(at) => path == *at,
        })
    }

    fn key(&self, client: ClientNetwork, limits: &RequestLimits) -> CounterKey {
        if (self.is_global)(limits) {
            CounterKey::of_all(self.name)
        } else {
            CounterKey::of_client(self.name, client)
        }
    }
}

impl RequestLimits {
    /// Counts a request to `path`, the API prefix included, in each bucket that holds it, up to the
    /// first that is full. Probes are not counted: a limit on them would take a busy server away
    /// from its load balancer.
    pub(crate) async fn count(
        &self,
        limiter: &Limiter,
        path: &str,
        prefix: &str,
        client: ClientNetwork,
    ) -> Result<(), TooMany> {
        if is_probe(path, prefix) {
            return Ok(());
        }
        for bucket in BUCKETS.iter().filter(|it| it.holds(path, prefix, self)) {
            let key = bucket.key(client, self);
            let verdict = limiter.count(&key, (bucket.limit)(self)).await;
            if let Verdict::TooMany { retry_after } = verdict {
                return Err(TooMany { retry_after });
            }
        }
        Ok(())
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

    fn buckets(path: &str, prefix: &str, limits: &RequestLimits) -> Vec<&'static str> {
        let held = BUCKETS.iter().filter(|it| it.holds(path, prefix, limits));
        held.map(|it| it.name).skip(1).collect()
    }

    fn client(last: u8) -> ClientNetwork {
        ClientNetwork::of([192, 0, 2, last].into())
    }

    #[test]
    fn every_request_is_in_the_buckets_of_the_original() {
        let expected: [(&str, &[&str]); 24] = [
            ("/token", &[]),
            ("/nowhere", &[]),
            ("/signin/email-password", &["user-bruteforce"]),
            ("/signin/anonymous", &["user-bruteforce"]),
            (
                "/signin/passwordless/email",
                &["user-email", "user-bruteforce"],
            ),
            ("/signin/otp/email", &["user-email", "user-bruteforce"]),
            ("/signin/otp/email/verify", &["user-bruteforce"]),
            ("/signin/passwordless/sms", &["user-sms", "user-bruteforce"]),
            ("/signin/passwordless/sms/otp", &["user-bruteforce"]),
            ("/signup/passwordless/sms", &["user-sms", "user-signups"]),
            ("/elevate/otp/email", &["user-email", "user-bruteforce"]),
            ("/elevate/otp/sms", &["user-sms", "user-bruteforce"]),
            ("/elevate/otp/sms/verify", &["user-bruteforce"]),
            ("/user/deanonymize/sms", &["user-sms"]),
            ("/user/phone/change", &["user-sms"]),
            ("/user/phone/change/verify", &["user-bruteforce"]),
            ("/signup/email-password", &["user-signups"]),
            ("/signup/otp/email", &["user-email", "user-signups"]),
            (
                "/signup/webauthn/verify",
                &["user-bruteforce", "user-signups"],
            ),
            ("/user/password/reset", &["user-email"]),
            ("/user/email/change", &["user-email"]),
            ("/user/email/send-verification-email", &[]),
            ("/verify", &["user-bruteforce"]),
            ("/oauth2/token", &["user-oauth2-server"]),
        ];

        for (path, names) in expected {
            assert_eq!(buckets(path, "", &limits()), names, "{path}");
            let prefixed = format!("/v1/auth{path}");
            assert_eq!(buckets(&prefixed, "/v1/auth", &limits()), names, "{path}");
        }
    }

    #[test]
    fn where_sign_ups_send_mails_they_count_as_mails() {
        let limits = RequestLimits {
            sign_up_sends_mail: true,
            ..limits()
        };

        for path in ["/user/email/send-verification-email", "/user/deanonymize"] {
            assert_eq!(buckets(path, "", &limits), ["user-email"], "{path}");
        }
        let sign_up = buckets("/signup/email-password", "", &limits);
        assert_eq!(sign_up, ["user-email", "user-signups"]);
    }

    #[test]
    fn the_legacy_generation_shares_the_buckets() {
        for (path, name) in [
            ("/v1/login", "user-bruteforce"),
            ("/v1/user/change-password", "user-bruteforce"),
            ("/v1/signup", "user-signups"),
        ] {
            for prefix in ["", "/v1", "/auth"] {
                assert_eq!(buckets(path, prefix, &limits()), [name], "{prefix} {path}");
            }
        }
        assert!(buckets("/v1/user/info", "", &limits()).is_empty());
    }

    #[tokio::test]
    async fn what_one_bucket_refuses_is_not_counted_in_those_behind_it() {
        let limits = RequestLimits {
            email: RateLimit::new(1, Duration::from_hours(1)),
            brute_force: RateLimit::new(3, Duration::from_hours(1)),
            ..limits()
        };
        let limiter = Limiter::new(Arc::new(FixedClock::default()));
        let ask = async |path| limits.count(&limiter, path, "", client(1)).await.is_ok();

        let mut allowed = 0;
        for _ in 0..10 {
            allowed += usize::from(ask("/signin/passwordless/email").await);
        }

        assert_eq!(allowed, 1);
        assert!(ask("/signin/email-password").await);
        assert!(ask("/signin/email-password").await);
        assert!(!ask("/signin/email-password").await);
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
                let path = "/user/password/reset";
                limits.count(&limiter, path, "", from).await.is_ok()
            };

            assert!(ask(client(1)).await);
            assert_eq!(ask(client(2)).await, second);
        }
    }
}
