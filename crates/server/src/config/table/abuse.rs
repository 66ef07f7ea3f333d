//! Settings of protection against abuse.

use super::{Kind, Rule, Section, Setting};

const RATE_LIMIT: &str = "limit rates yet";

const fn burst(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Integer(1, 1_000_000), doc).not_yet(RATE_LIMIT)
}

const fn interval(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Duration, doc).not_yet(RATE_LIMIT)
}

const fn memcache(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::ANY), doc).not_yet(RATE_LIMIT)
}

/// The sections `rate_limit` and `turnstile`.
pub(super) const SECTION: Section = Section {
    title: "Protection against abuse",
    settings: &[
        Setting::new(
            "rate_limit.enabled",
            "AUTH_RATE_LIMIT_ENABLE",
            Kind::Flag,
            "Whether one address may send only so many requests.",
        )
        .preset("false")
        .refused(RATE_LIMIT),
        burst(
            "rate_limit.global_burst",
            "AUTH_RATE_LIMIT_GLOBAL_BURST",
            "Most requests of any kind in `global_interval`.",
        )
        .preset("100"),
        interval(
            "rate_limit.global_interval",
            "AUTH_RATE_LIMIT_GLOBAL_INTERVAL",
            "Window of `global_burst`.",
        )
        .preset("1m"),
        burst(
            "rate_limit.email_burst",
            "AUTH_RATE_LIMIT_EMAIL_BURST",
            "Most requests that send mail in `email_interval`.",
        )
        .preset("10"),
        interval(
            "rate_limit.email_interval",
            "AUTH_RATE_LIMIT_EMAIL_INTERVAL",
            "Window of `email_burst`.",
        )
        .preset("1h"),
        Setting::new(
            "rate_limit.email_is_global",
            "AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL",
            Kind::Flag,
            "Whether all addresses share the limit on mail.",
        )
        .preset("false")
        .not_yet(RATE_LIMIT),
        burst(
            "rate_limit.sms_burst",
            "AUTH_RATE_LIMIT_SMS_BURST",
            "Most requests that send text messages in `sms_interval`.",
        )
        .preset("10"),
        interval(
            "rate_limit.sms_interval",
            "AUTH_RATE_LIMIT_SMS_INTERVAL",
            "Window of `sms_burst`.",
        )
        .preset("1h"),
        burst(
            "rate_limit.brute_force_burst",
            "AUTH_RATE_LIMIT_BRUTE_FORCE_BURST",
            "Most attempts to sign in in `brute_force_interval`.",
        )
        .preset("10"),
        interval(
            "rate_limit.brute_force_interval",
            "AUTH_RATE_LIMIT_BRUTE_FORCE_INTERVAL",
            "Window of `brute_force_burst`.",
        )
        .preset("5m"),
        burst(
            "rate_limit.signups_burst",
            "AUTH_RATE_LIMIT_SIGNUPS_BURST",
            "Most sign-ups in `signups_interval`.",
        )
        .preset("10"),
        interval(
            "rate_limit.signups_interval",
            "AUTH_RATE_LIMIT_SIGNUPS_INTERVAL",
            "Window of `signups_burst`.",
        )
        .preset("5m"),
        burst(
            "rate_limit.oauth2_server_burst",
            "AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST",
            "Most requests for OAuth2 tokens in `oauth2_server_interval`.",
        )
        .preset("100"),
        interval(
            "rate_limit.oauth2_server_interval",
            "AUTH_RATE_LIMIT_OAUTH2_SERVER_INTERVAL",
            "Window of `oauth2_server_burst`.",
        )
        .preset("5m"),
        memcache(
            "rate_limit.memcache_server",
            "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
            "Memcached server that several servers count in.",
        ),
        memcache(
            "rate_limit.memcache_prefix",
            "AUTH_RATE_LIMIT_MEMCACHE_PREFIX",
            "What their keys begin with.",
        ),
        Setting::new(
            "turnstile.secret",
            "AUTH_TURNSTILE_SECRET",
            Kind::Text(&Rule::ANY),
            "Secret key of Cloudflare Turnstile, which keeps programs from signing up.",
        )
        .secret()
        .refused("ask Turnstile who is a person yet"),
    ],
};
