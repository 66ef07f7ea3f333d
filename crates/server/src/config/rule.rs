//! Rules: which texts a setting accepts, and their meaning.

use std::path::PathBuf;

use auth_crypto::EncryptionKey;
use auth_domain::{
    identity::ProviderId,
    one_time_code::OneTimeCode,
    redirect::RedirectPolicy,
    secret::Secret,
    user::{LanguageTag, PhoneNumber, Role},
};
use hasura::ClaimDefinitions;
use http_api::TrustedProxies;
use http_mailer::WebhookKey;
use postgres_store::PostgresUrl;
use provider_apple::PrivateKey;
use redis_counter::RedisUrl;
use serde_json::{Map, Value};
use settings::{Checked, Rule};
use sms_sender::BodyTemplate;
use url::Url;

use crate::log_filter::LogFilter;

/// A phone number for tests, with its fixed code if one is given.
pub(crate) type TestNumber = (PhoneNumber, Option<OneTimeCode>);

/// A file or folder.
pub(crate) const PATH: Rule<PathBuf> = Rule::new("text", |text| Some(text.into()));

/// A secret.
pub(crate) const SECRET: Rule<Secret> = Rule::new("text", |text| Some(Secret::new(text)));

/// A secret that is not blank.
pub(crate) const SECRET_NOT_BLANK: Rule<Secret> = Rule::new(Rule::NOT_BLANK.expects, |text| {
    (Rule::NOT_BLANK.parse)(text).map(Secret::new)
});

/// The name of a role.
pub(crate) const ROLE: Rule<Role> = Rule::new("a role of 1 to 255 characters", |text| {
    Role::parse(text).ok()
});

/// A language.
pub(crate) const LOCALE: Rule<LanguageTag> =
    Rule::new("a language such as en, pt-BR or fil", |text| {
        LanguageTag::parse(text).ok()
    });

/// An item of a list of languages. An invalid one is harmless, and is warned of elsewhere.
pub(crate) const LISTED_LOCALE: Rule<String> =
    Rule::new(LOCALE.expects, |text| Some(text.to_owned()));

/// The URL of a web page or service.
pub(crate) const WEB_URL: Rule<Url> = Rule::new("a URL such as https://example.com", |text| {
    let url = Url::parse(text).ok()?;
    (is_on_one_line(text) && matches!(url.scheme(), "http" | "https")).then_some(url)
});

/// The same as it was written, for texts that are appended to it or inserted.
pub(crate) const WEB_URL_TEXT: Rule<String> = Rule::new(WEB_URL.expects, |text| {
    (WEB_URL.parse)(text).map(|_| text.to_owned())
});

/// The URL of an application, which may have a scheme of its own.
pub(crate) const APP_URL: Rule<String> = Rule::new(
    "a URL such as https://example.com or myapp://welcome",
    |text| {
        kept(
            text,
            is_on_one_line(text) && RedirectPolicy::new(text, &[]).is_ok(),
        )
    },
);

/// A host as a parsed URL names it, so that it can be compared.
pub(crate) const URL_HOST: Rule<String> = Rule::new(
    "a host as in a URL, without scheme and port, such as templates.internal or [fd00::7]",
    |text| {
        let host = url::Host::parse(text).ok()?;
        kept(text, host.to_string().eq_ignore_ascii_case(text))
    },
);

/// A PostgreSQL connection; the store parses the rest of it and reports what is wrong.
pub(crate) const POSTGRES_URL: Rule<Checked<PostgresUrl>> = Rule::new(
    "a URL such as postgres://user:password@host:5432/database",
    |text| {
        let (scheme, _) = text.split_once("://")?;
        let fits = is_on_one_line(text) && matches!(scheme, "postgres" | "postgresql");
        fits.then(|| PostgresUrl::parse(text).map_err(|it| it.to_string()))
    },
);

/// A shared store of counters; its URL is a secret.
pub(crate) const REDIS_URL: Rule<Checked<RedisUrl>> = Rule::new("text", |text| {
    Some(RedisUrl::parse(&Secret::new(text)).map_err(|it| it.to_string()))
});

/// The key that signs web hooks.
pub(crate) const WEBHOOK_KEY: Rule<Checked<WebhookKey>> = Rule::new("text", |text| {
    Some(WebhookKey::parse(&Secret::new(text)).map_err(|it| it.to_string()))
});

/// The body for the web hook that sends text messages.
pub(crate) const BODY_TEMPLATE: Rule<Checked<BodyTemplate>> = Rule::new("text", |text| {
    Some(BodyTemplate::parse(text).map_err(|it| it.to_string()))
});

/// The key that proves this server to Apple.
pub(crate) const APPLE_KEY: Rule<Checked<PrivateKey>> = Rule::new("text", |text| {
    Some(PrivateKey::parse(text).map_err(|it| it.to_string()))
});

/// A JSON object.
pub(crate) const JSON_OBJECT: Rule<Map<String, Value>> =
    Rule::new("a JSON object", |text| serde_json::from_str(text).ok());

/// The same as it was written.
pub(crate) const JSON_OBJECT_TEXT: Rule<String> = Rule::new(JSON_OBJECT.expects, |text| {
    (JSON_OBJECT.parse)(text).map(|_| text.to_owned())
});

/// The same with secrets in it.
pub(crate) const SECRET_JSON_OBJECT: Rule<Secret> = Rule::new(JSON_OBJECT.expects, |text| {
    (JSON_OBJECT.parse)(text).map(|_| Secret::new(text))
});

/// Names of custom claims with their paths.
pub(crate) const CLAIMS: Rule<Checked<ClaimDefinitions>> = Rule::new(JSON_OBJECT.expects, |text| {
    (JSON_OBJECT.parse)(text)?;
    Some(ClaimDefinitions::parse(text).map_err(|it| it.to_string()))
});

/// A JSON object of headers.
pub(crate) const HEADERS: Rule<Vec<(String, Secret)>> = Rule::new(
    "a JSON object whose members are headers with texts as values",
    |text| {
        let header = |(name, value): (String, Value)| {
            let value = (HEADER_VALUE.parse)(value.as_str()?)?;
            Some(((COOKIE_NAME.parse)(&name)?, value))
        };
        (JSON_OBJECT.parse)(text)?.into_iter().map(header).collect()
    },
);

/// A phone number for tests; see `sms.test_phone_numbers`.
pub(crate) const TEST_NUMBER: Rule<TestNumber> = Rule::new(
    "a phone number and its code of six digits, such as +41790000000=123456",
    |text| {
        let (number, code) = match text.rsplit_once('=') {
            Some((number, code)) => (number, Some(OneTimeCode::parse(code.trim()).ok()?)),
            None => (text, None),
        };
        Some((PhoneNumber::parse(number.trim()).ok()?, code))
    },
);

/// A key of 256 bits.
pub(crate) const ENCRYPTION_KEY: Rule<EncryptionKey> =
    Rule::new("64 hexadecimal digits, or 32 bytes in base64", |text| {
        EncryptionKey::parse(text).ok()
    });

/// The issuer that an authenticator app shows: apps split it from the account's name at the colon, and
/// a longer name would make the QR code too dense.
pub(crate) const TOTP_ISSUER: Rule<String> =
    Rule::new("a name of 1 to 100 bytes without a colon", |text| {
        kept(text, (1..=100).contains(&text.len()) && !text.contains(':'))
    });

/// The prefix of all paths of the API; normalized to an empty text, or a path that begins with a slash
/// and ends without. Hasura Auth accepts any number of slashes.
pub(crate) const PATH_PREFIX: Rule<String> = Rule::new("a path such as /v1/auth", |text| {
    let plain = |it: char| it.is_ascii_alphanumeric() || "/-_.~".contains(it);
    let mut steps = text.split('/').filter(|it| !it.is_empty());
    let fits = text.chars().all(plain) && !steps.clone().any(|it| matches!(it, "." | ".."));
    fits.then(|| steps.by_ref().flat_map(|step| ["/", step]).collect())
});

/// A host name or an address to listen on.
pub(crate) const HOST: Rule<String> =
    Rule::new("a host name or an IP address without a port", |text| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "-._:%".contains(it);
        let is_ipv6 = text.parse::<std::net::Ipv6Addr>().is_ok();
        let fits = !text.is_empty() && text.chars().all(plain) && (is_ipv6 || !text.contains(':'));
        kept(text, fits)
    });

/// The value of a header of a request.
pub(crate) const HEADER_VALUE: Rule<Secret> = Rule::new("printable ASCII characters", |text| {
    let fits = text.chars().all(|it| it.is_ascii_graphic() || it == ' ');
    fits.then(|| Secret::new(text))
});

/// A machine, or a network of them.
pub(crate) const NETWORK: Rule<String> =
    Rule::new("an IP address or a network such as 10.0.0.0/8", |text| {
        kept(text, TrustedProxies::parse(&[text.to_owned()]).is_ok())
    });

/// The domain of a cookie.
pub(crate) const COOKIE_DOMAIN: Rule<String> = Rule::new("a domain such as example.com", |text| {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-.".contains(it);
    kept(text, !text.is_empty() && text.chars().all(plain))
});

/// The name of a cookie: a token as RFC 9110 §5.6.2 defines it.
pub(crate) const COOKIE_NAME: Rule<String> = Rule::new(
    "a cookie name of letters, digits and !#$%&'*+-.^_`|~",
    |text| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
        kept(text, !text.is_empty() && text.chars().all(plain))
    },
);

/// The name of an identity provider.
pub(crate) const PROVIDER: Rule<ProviderId> =
    Rule::new("a service such as entraid or c:keycloak", |text| {
        ProviderId::parse(text).ok()
    });

/// A directory of Microsoft's.
pub(crate) const TENANT: Rule<String> = Rule::new(
    "a directory: its id, its domain, common, organizations or consumers",
    |text| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "-.".contains(it);
        let begins_well = text.starts_with(|it: char| it.is_ascii_alphanumeric());
        kept(text, begins_well && text.chars().all(plain))
    },
);

/// Which log lines are written.
pub(crate) const LOG_FILTER: Rule<LogFilter> = Rule::new(
    "off, error, warn, info, debug, trace, or a filter such as info,http_api=debug",
    LogFilter::parse,
);

/// Parsers of URLs drop line breaks and surrounding blanks, but the text is what is kept here.
fn is_on_one_line(text: &str) -> bool {
    text.trim() == text && !text.contains(char::is_control)
}

fn kept(text: &str, fits: bool) -> Option<String> {
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T>(rule: &Rule<T>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((rule.parse)(text).is_some(), "{text:?} is {}", rule.expects);
        }
        for text in bad {
            assert!(
                (rule.parse)(text).is_none(),
                "{text:?} is not {}",
                rule.expects
            );
        }
    }

    #[test]
    fn a_path_prefix_is_plain_text_with_slashes_anywhere() {
        let good = ["/v1", "/v1/auth", "/v1/", "v1", "/", "/a//b"];
        let bad = ["/a b", "/{x}", "/a?b", "/a/../b", ".", "/a%2fb"];
        check(&PATH_PREFIX, &good, &bad);
        for (text, prefix) in [("v1//auth/", "/v1/auth"), ("/", "")] {
            assert_eq!((PATH_PREFIX.parse)(text).as_deref(), Some(prefix));
        }
    }

    #[test]
    fn no_line_break_and_no_blank_around_is_part_of_a_url() {
        let good = ["https://example.com"];
        let bad = [
            "https://example.com\n",
            " https://example.com",
            "https://exa\tmple.com",
        ];
        check(&WEB_URL, &good, &bad);
        check(&WEB_URL_TEXT, &good, &bad);
        check(&APP_URL, &good, &bad);
        check(&POSTGRES_URL, &["postgres://db/x"], &["postgres://db/x\n"]);
    }

    #[test]
    fn a_host_carries_no_port() {
        let good = [
            "127.0.0.1",
            "0.0.0.0",
            "::",
            "::1",
            "localhost",
            "my-host.local",
        ];
        check(&HOST, &good, &["", "localhost:4000", "http://x", "a b"]);
    }

    #[test]
    fn a_postgres_url_may_name_a_socket() {
        let good = [
            "postgres://postgres:pw@localhost:5432/local?sslmode=disable",
            "postgresql://db/x",
            "postgres://postgres@/postgres?host=/var/run/postgresql",
        ];
        let bad = ["", "localhost", "mysql://x/y", "postgres:/x"];
        check(&POSTGRES_URL, &good, &bad);
    }

    #[test]
    fn an_application_may_have_a_scheme_of_its_own() {
        let good = [
            "http://localhost:3000",
            "https://example.com/app",
            "myapp://welcome",
            "com.example.app:/welcome",
            "http://localhost:3000/#/",
            "http://localhost:3000/?",
        ];
        check(
            &APP_URL,
            &good,
            &["example.com", "localhost:3000", "/app", "javascript:x"],
        );
        check(&WEB_URL, &good[..2], &["myapp://welcome", "x"]);
    }

    #[test]
    fn blanks_are_no_text() {
        check(&Rule::NOT_BLANK, &["x", " x "], &["", " ", "\t\n"]);
    }

    #[test]
    fn json_has_to_be_an_object() {
        check(
            &JSON_OBJECT,
            &["{}", "{\"a\": 1}"],
            &["", "[]", "1", "{a: 1}", "{} x"],
        );
    }

    #[test]
    fn headers_are_names_with_texts() {
        check(
            &HEADERS,
            &["{}", r#"{"X-Key": "a b", "accept": ""}"#],
            &[
                "",
                "[]",
                r#"{"a": 1}"#,
                r#"{"a b": "c"}"#,
                r#"{"a": "b\r\nc: d"}"#,
                r#"{"": "x"}"#,
            ],
        );
    }

    #[test]
    fn a_test_number_has_a_code_of_six_digits_or_none() {
        check(
            &TEST_NUMBER,
            &["+41790000000=123456", "+41790000000", "079 0 = 000000"],
            &["", "=123456", "+41790000000=12345", "+41790000000=abcdef"],
        );
    }

    #[test]
    fn an_issuer_has_no_colon_and_fits_into_a_qr_code() {
        let long = "x".repeat(101);
        check(
            &TOTP_ISSUER,
            &["auth", "Ada & Söhne"],
            &["", "Acme: Dev", &long],
        );
    }

    #[test]
    fn a_value_of_a_header_holds_no_second_header() {
        let bad = ["a\r\nb: c", "a\n", "a\tb", "a\0", "\u{e4}"];
        check(&HEADER_VALUE, &["hunter2", "a b;c=~!"], &bad);
    }

    #[test]
    fn cookie_names_cannot_break_out_of_the_header() {
        check(
            &COOKIE_NAME,
            &["dinoisses", "__Host-x"],
            &["", "a b", "a;b", "a=b", "ä"],
        );
        check(
            &COOKIE_DOMAIN,
            &["example.com", ".example.com"],
            &["", "a;b", "a/b"],
        );
    }

    #[test]
    fn a_tenant_stays_one_segment_of_a_path() {
        check(
            &TENANT,
            &[
                "common",
                "example.onmicrosoft.com",
                "fa15d692-e9c7-4460-a743-29f2956fd429",
            ],
            &["", "..", ".", "a/b", "a?b", "{tenant}", "a b", "-"],
        );
    }

    #[test]
    fn a_service_has_the_name_it_has_in_paths() {
        check(
            &PROVIDER,
            &["entraid", "c:keycloak"],
            &["", "Entra ID", "c:", "a/b"],
        );
    }
}
