//! Settings of rate limits and of the bot check.

use std::time::Duration;

use auth_domain::secret::Secret;
use redis_counter::RedisUrl;
use settings::{Checked, Kind, Optional, Rule, Setting, section};
use url::Url;

use crate::config::rule;

const fn burst(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<u32, Optional> {
    Setting::new(key, variable, Kind::integer(1, 1_000_000), doc)
}

const fn interval(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Duration, Optional> {
    Setting::new(key, variable, Kind::DURATION, doc)
}

const NO_MEMCACHE: &str = "count in Memcached yet, but in Redis (AUTH_RATE_LIMIT_REDIS_URL)";

section! {
    /// The sections `rate_limit` and `turnstile`.
    pub(super) const SECTION = "Protection against abuse";

    ENABLED: Setting<bool> = Setting::new(
        "rate_limit.enabled",
        "AUTH_RATE_LIMIT_ENABLE",
        Kind::FLAG,
        "Whether a client, an account and a mailbox may be the matter of only so many requests; see \
         `docs/rate-limits.md`.",
    )
    .preset("false")
    .protective();

    GLOBAL_BURST: Setting<u32> = burst(
        "rate_limit.global_burst",
        "AUTH_RATE_LIMIT_GLOBAL_BURST",
        "Most requests of any kind in `global_interval`.",
    )
    .preset("100")
    .protective()
    .part_of(&ENABLED);

    GLOBAL_INTERVAL: Setting<Duration> = interval(
        "rate_limit.global_interval",
        "AUTH_RATE_LIMIT_GLOBAL_INTERVAL",
        "Window of `global_burst`.",
    )
    .preset("1m")
    .protective()
    .part_of(&ENABLED);

    EMAIL_BURST: Setting<u32> = burst(
        "rate_limit.email_burst",
        "AUTH_RATE_LIMIT_EMAIL_BURST",
        "Most requests that send mail in `email_interval`.",
    )
    .preset("10")
    .protective()
    .part_of(&ENABLED);

    EMAIL_INTERVAL: Setting<Duration> = interval(
        "rate_limit.email_interval",
        "AUTH_RATE_LIMIT_EMAIL_INTERVAL",
        "Window of `email_burst`.",
    )
    .preset("1h")
    .protective()
    .part_of(&ENABLED);

    EMAIL_IS_GLOBAL: Setting<bool> = Setting::new(
        "rate_limit.email_is_global",
        "AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL",
        Kind::FLAG,
        "Whether all clients share the limit on mail.",
    )
    .preset("false")
    .protective()
    .part_of(&ENABLED);

    SMS_BURST: Setting<u32> = burst(
        "rate_limit.sms_burst",
        "AUTH_RATE_LIMIT_SMS_BURST",
        "Most requests that send text messages in `sms_interval`.",
    )
    .preset("10")
    .protective()
    .part_of(&ENABLED);

    SMS_INTERVAL: Setting<Duration> = interval(
        "rate_limit.sms_interval",
        "AUTH_RATE_LIMIT_SMS_INTERVAL",
        "Window of `sms_burst`.",
    )
    .preset("1h")
    .protective()
    .part_of(&ENABLED);

    BRUTE_FORCE_BURST: Setting<u32> = burst(
        "rate_limit.brute_force_burst",
        "AUTH_RATE_LIMIT_BRUTE_FORCE_BURST",
        "Most attempts of a client to sign in in `brute_force_interval`.",
    )
    .preset("10")
    .protective()
    .part_of(&ENABLED);

    BRUTE_FORCE_INTERVAL: Setting<Duration> = interval(
        "rate_limit.brute_force_interval",
        "AUTH_RATE_LIMIT_BRUTE_FORCE_INTERVAL",
        "Window of `brute_force_burst`.",
    )
    .preset("5m")
    .protective()
    .part_of(&ENABLED);

    SIGNUPS_BURST: Setting<u32> = burst(
        "rate_limit.signups_burst",
        "AUTH_RATE_LIMIT_SIGNUPS_BURST",
        "Most sign-ups in `signups_interval`.",
    )
    .preset("10")
    .protective()
    .part_of(&ENABLED);

    SIGNUPS_INTERVAL: Setting<Duration> = interval(
        "rate_limit.signups_interval",
        "AUTH_RATE_LIMIT_SIGNUPS_INTERVAL",
        "Window of `signups_burst`.",
    )
    .preset("5m")
    .protective()
    .part_of(&ENABLED);

    OAUTH2_SERVER_BURST: Setting<u32> = burst(
        "rate_limit.oauth2_server_burst",
        "AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST",
        "Most requests for OAuth2 tokens in `oauth2_server_interval`.",
    )
    .preset("100")
    .protective()
    .part_of(&ENABLED);

    OAUTH2_SERVER_INTERVAL: Setting<Duration> = interval(
        "rate_limit.oauth2_server_interval",
        "AUTH_RATE_LIMIT_OAUTH2_SERVER_INTERVAL",
        "Window of `oauth2_server_burst`.",
    )
    .preset("5m")
    .protective()
    .part_of(&ENABLED);

    ACCOUNT_BURST: Setting<u32> = burst(
        "rate_limit.account_burst",
        "AUTH_RATE_LIMIT_ACCOUNT_BURST",
        "Most wrong passwords for one account in `account_interval`, wherever they come from.",
    )
    .preset("20")
    .protective()
    .part_of(&ENABLED);

    ACCOUNT_INTERVAL: Setting<Duration> = interval(
        "rate_limit.account_interval",
        "AUTH_RATE_LIMIT_ACCOUNT_INTERVAL",
        "Window of `account_burst`.",
    )
    .preset("5m")
    .protective()
    .part_of(&ENABLED);

    RECIPIENT_BURST: Setting<u32> = burst(
        "rate_limit.recipient_burst",
        "AUTH_RATE_LIMIT_RECIPIENT_BURST",
        "Most messages of one kind to one mailbox or phone in `recipient_interval`, whoever asks for \
         them.",
    )
    .preset("5")
    .protective()
    .part_of(&ENABLED);

    RECIPIENT_INTERVAL: Setting<Duration> = interval(
        "rate_limit.recipient_interval",
        "AUTH_RATE_LIMIT_RECIPIENT_INTERVAL",
        "Window of `recipient_burst`.",
    )
    .preset("1h")
    .protective()
    .part_of(&ENABLED);

    REDIS_URL: Setting<Checked<RedisUrl>, Optional> = Setting::new(
        "rate_limit.redis_url",
        "AUTH_RATE_LIMIT_REDIS_URL",
        Kind::text(&rule::REDIS_URL),
        "Redis or Valkey server that several servers count in, such as `rediss://:password@host:6379`; \
         without one, each counts by itself.",
    )
    .secret()
    .protective()
    .part_of(&ENABLED);

    REDIS_PREFIX: Setting<String> = Setting::new(
        "rate_limit.redis_prefix",
        "AUTH_RATE_LIMIT_REDIS_PREFIX",
        Kind::text(&Rule::ANY),
        "What the keys there begin with; installations that share a server need different ones.",
    )
    .preset("hasura-auth:")
    .part_of(&ENABLED);

    MEMCACHE_SERVER: Setting<String, Optional> = Setting::new(
        "rate_limit.memcache_server",
        "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
        Kind::text(&Rule::ANY),
        "Memcached server that several servers count in.",
    )
    .refused(NO_MEMCACHE)
    .part_of(&ENABLED);

    MEMCACHE_PREFIX: Setting<String, Optional> = Setting::new(
        "rate_limit.memcache_prefix",
        "AUTH_RATE_LIMIT_MEMCACHE_PREFIX",
        Kind::text(&Rule::ANY),
        "What their keys begin with.",
    )
    .not_yet(NO_MEMCACHE)
    .part_of(&ENABLED);

    TURNSTILE_SECRET: Setting<Secret, Optional> = Setting::new(
        "turnstile.secret",
        "AUTH_TURNSTILE_SECRET",
        Kind::text(&rule::SECRET_NOT_BLANK),
        "Secret key of Cloudflare Turnstile, which keeps programs from signing up and from asking for \
         mails.",
    )
    .secret()
    .protective();

    TURNSTILE_URL: Setting<Url> = Setting::new(
        "turnstile.url",
        "AUTH_TURNSTILE_URL",
        Kind::text(&rule::WEB_URL),
        "The service that tells people from programs: Turnstile, or one that answers like it at \
         `siteverify`.",
    )
    .preset(turnstile::BASE_URL)
    .part_of(&TURNSTILE_SECRET);
}
