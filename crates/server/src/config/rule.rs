//! Which texts a setting takes.

use std::{collections::BTreeMap, fmt};

use auth_crypto::EncryptionKey;
use auth_domain::{
    identity::ProviderId,
    one_time_code::OneTimeCode,
    redirect::RedirectPolicy,
    user::{LanguageTag, PhoneNumber, Role},
};
use http_api::TrustedProxies;
use url::Url;

use crate::logging;

/// Which texts a setting takes.
pub(crate) struct Rule {
    /// What they are, to go on from "expects".
    pub(crate) expects: &'static str,
    /// Whether a text is one.
    pub(crate) holds: fn(&str) -> bool,
}

impl Rule {
    /// Anything at all.
    pub(crate) const ANY: Self = Self {
        expects: "text",
        holds: |_| true,
    };

    /// A text that is there.
    pub(crate) const NOT_BLANK: Self = Self {
        expects: "text that is not blank",
        holds: |text| !text.trim().is_empty(),
    };

    /// The name of a role.
    pub(crate) const ROLE: Self = Self {
        expects: "a role of 1 to 255 characters",
        holds: |text| Role::parse(text).is_ok(),
    };

    /// A language.
    pub(crate) const LOCALE: Self = Self {
        expects: "a language such as en, pt-BR or fil",
        holds: |text| LanguageTag::parse(text).is_ok(),
    };

    /// An item of a list of languages. One that is none does no harm, and is warned of elsewhere.
    pub(crate) const LISTED_LOCALE: Self = Self {
        expects: Self::LOCALE.expects,
        holds: |_| true,
    };

    /// The URL of a web page or service.
    pub(crate) const WEB_URL: Self = Self {
        expects: "a URL such as https://example.com",
        holds: |text| {
            let url = Url::parse(text);
            is_on_one_line(text) && url.is_ok_and(|it| matches!(it.scheme(), "http" | "https"))
        },
    };

    /// The URL of an application, which may have a scheme of its own.
    pub(crate) const APP_URL: Self = Self {
        expects: "a URL such as https://example.com or myapp://welcome",
        holds: |text| is_on_one_line(text) && RedirectPolicy::new(text, &[]).is_ok(),
    };

    /// A host as a parsed URL names it, so that it can be compared.
    pub(crate) const URL_HOST: Self = Self {
        expects: "a host as in a URL, without scheme and port, such as templates.internal or [fd00::7]",
        holds: |text| {
            let host = url::Host::parse(text);
            host.is_ok_and(|host| host.to_string().eq_ignore_ascii_case(text))
        },
    };

    /// A PostgreSQL connection; the store reads the rest of it and knows what is wrong with it.
    pub(crate) const POSTGRES_URL: Self = Self {
        expects: "a URL such as postgres://user:password@host:5432/database",
        holds: |text| {
            let scheme = text.split_once("://").map(|(scheme, _)| scheme);
            is_on_one_line(text) && matches!(scheme, Some("postgres" | "postgresql"))
        },
    };

    /// A JSON object.
    pub(crate) const JSON_OBJECT: Self = Self {
        expects: "a JSON object",
        holds: |text| {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
        },
    };

    /// A JSON object of headers.
    pub(crate) const HEADERS: Self = Self {
        expects: "a JSON object whose members are headers with texts as values",
        holds: |text| {
            let members = serde_json::from_str::<BTreeMap<String, String>>(text);
            members.is_ok_and(|members| {
                let is_name = |it: &str| (Self::COOKIE_NAME.holds)(it);
                let fits = |(name, value): (&String, &String)| {
                    is_name(name) && (Self::HEADER_VALUE.holds)(value)
                };
                members.iter().all(fits)
            })
        },
    };

    /// A phone number for tests; see `sms.test_phone_numbers`.
    pub(crate) const TEST_NUMBER: Self = Self {
        expects: "a phone number and its code of six digits, such as +41790000000=123456",
        holds: |text| {
            let (number, code) = text.rsplit_once('=').unwrap_or((text, "000000"));
            PhoneNumber::parse(number.trim()).is_ok() && OneTimeCode::parse(code.trim()).is_ok()
        },
    };

    /// A key of 256 bits.
    pub(crate) const ENCRYPTION_KEY: Self = Self {
        expects: "64 hexadecimal digits, or 32 bytes in base64",
        holds: |text| EncryptionKey::parse(text).is_ok(),
    };

    /// What an authenticator app shows: apps part it from the account's name at the colon, and with
    /// a longer name the QR code would be too dense.
    pub(crate) const TOTP_ISSUER: Self = Self {
        expects: "a name of 1 to 100 bytes without a colon",
        holds: |text| (1..=100).contains(&text.len()) && !text.contains(':'),
    };

    /// What all paths of the API begin with.
    pub(crate) const PATH_PREFIX: Self = Self {
        expects: "a path such as /v1/auth",
        holds: |text| {
            let plain = |it: char| it.is_ascii_alphanumeric() || "/-_.~".contains(it);
            let is_step = |it: &str| matches!(it, "." | "..");
            text.chars().all(plain) && !text.split('/').any(is_step)
        },
    };

    /// A host name or an address to listen on.
    pub(crate) const HOST: Self = Self {
        expects: "a host name or an IP address without a port",
        holds: |text| {
            let plain = |it: char| it.is_ascii_alphanumeric() || "-._:%".contains(it);
            let is_ipv6 = text.parse::<std::net::Ipv6Addr>().is_ok();
            !text.is_empty() && text.chars().all(plain) && (is_ipv6 || !text.contains(':'))
        },
    };

    /// The value of a header of a request.
    pub(crate) const HEADER_VALUE: Self = Self {
        expects: "printable ASCII characters",
        holds: |text| text.chars().all(|it| it.is_ascii_graphic() || it == ' '),
    };

    /// A machine, or a network of them.
    pub(crate) const NETWORK: Self = Self {
        expects: "an IP address or a network such as 10.0.0.0/8",
        holds: |text| TrustedProxies::parse(&[text.to_owned()]).is_ok(),
    };

    /// The domain of a cookie.
    pub(crate) const COOKIE_DOMAIN: Self = Self {
        expects: "a domain such as example.com",
        holds: |text| {
            let plain = |it: char| it.is_ascii_alphanumeric() || "-.".contains(it);
            !text.is_empty() && text.chars().all(plain)
        },
    };

    /// The name of a cookie: a token as RFC 9110 §5.6.2 defines it.
    pub(crate) const COOKIE_NAME: Self = Self {
        expects: "a cookie name of letters, digits and !#$%&'*+-.^_`|~",
        holds: |text| {
            let plain = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
            !text.is_empty() && text.chars().all(plain)
        },
    };

    /// The name of a service that people sign in with.
    pub(crate) const PROVIDER: Self = Self {
        expects: "a service such as entraid or c:keycloak",
        holds: |text| ProviderId::parse(text).is_ok(),
    };

    /// A directory of Microsoft's.
    pub(crate) const TENANT: Self = Self {
        expects: "a directory: its id, its domain, common, organizations or consumers",
        holds: |text| {
            let plain = |it: char| it.is_ascii_alphanumeric() || "-.".contains(it);
            text.starts_with(|it: char| it.is_ascii_alphanumeric()) && text.chars().all(plain)
        },
    };

    /// Which log lines are written.
    pub(crate) const LOG_FILTER: Self = Self {
        expects: "off, error, warn, info, debug, trace, or a filter such as info,http_api=debug",
        holds: |text| logging::filter(text).is_some(),
    };
}

/// Parsers of URLs drop line breaks and the blanks around, and what is kept here is the text.
fn is_on_one_line(text: &str) -> bool {
    text.trim() == text && !text.contains(char::is_control)
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &Rule, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((rule.holds)(text), "{text:?} is {}", rule.expects);
        }
        for text in bad {
            assert!(!(rule.holds)(text), "{text:?} is not {}", rule.expects);
        }
    }

    #[test]
    fn a_path_prefix_is_plain_text_with_slashes_anywhere() {
        let good = ["/v1", "/v1/auth", "/v1/", "v1", "/", "/a//b"];
        let bad = ["/a b", "/{x}", "/a?b", "/a/../b", ".", "/a%2fb"];
        check(&Rule::PATH_PREFIX, &good, &bad);
    }

    #[test]
    fn no_line_break_and_no_blank_around_is_part_of_a_url() {
        for rule in [&Rule::WEB_URL, &Rule::APP_URL] {
            let bad = [
                "https://example.com\n",
                " https://example.com",
                "https://exa\tmple.com",
            ];
            check(rule, &["https://example.com"], &bad);
        }
        check(
            &Rule::POSTGRES_URL,
            &["postgres://db/x"],
            &["postgres://db/x\n"],
        );
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
        check(
            &Rule::HOST,
            &good,
            &["", "localhost:4000", "http://x", "a b"],
        );
    }

    #[test]
    fn a_postgres_url_may_name_a_socket() {
        let good = [
            "postgres://postgres:pw@localhost:5432/local?sslmode=disable",
            "postgresql://db/x",
            "postgres://postgres@/postgres?host=/var/run/postgresql",
        ];
        let bad = ["", "localhost", "mysql://x/y", "postgres:/x"];
        check(&Rule::POSTGRES_URL, &good, &bad);
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
            &Rule::APP_URL,
            &good,
            &["example.com", "localhost:3000", "/app", "javascript:x"],
        );
        check(&Rule::WEB_URL, &good[..2], &["myapp://welcome", "x"]);
    }

    #[test]
    fn blanks_are_no_text() {
        check(&Rule::NOT_BLANK, &["x", " x "], &["", " ", "\t\n"]);
    }

    #[test]
    fn json_has_to_be_an_object() {
        check(
            &Rule::JSON_OBJECT,
            &["{}", "{\"a\": 1}"],
            &["", "[]", "1", "{a: 1}", "{} x"],
        );
    }

    #[test]
    fn headers_are_names_with_texts() {
        check(
            &Rule::HEADERS,
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
            &Rule::TEST_NUMBER,
            &["+41790000000=123456", "+41790000000", "079 0 = 000000"],
            &["", "=123456", "+41790000000=12345", "+41790000000=abcdef"],
        );
    }

    #[test]
    fn an_issuer_has_no_colon_and_fits_into_a_qr_code() {
        let long = "x".repeat(101);
        check(
            &Rule::TOTP_ISSUER,
            &["auth", "Ada & Söhne"],
            &["", "Acme: Dev", &long],
        );
    }

    #[test]
    fn a_value_of_a_header_holds_no_second_header() {
        let bad = ["a\r\nb: c", "a\n", "a\tb", "a\0", "\u{e4}"];
        check(&Rule::HEADER_VALUE, &["hunter2", "a b;c=~!"], &bad);
    }

    #[test]
    fn cookie_names_cannot_break_out_of_the_header() {
        check(
            &Rule::COOKIE_NAME,
            &["dinoisses", "__Host-x"],
            &["", "a b", "a;b", "a=b", "ä"],
        );
        check(
            &Rule::COOKIE_DOMAIN,
            &["example.com", ".example.com"],
            &["", "a;b", "a/b"],
        );
    }

    #[test]
    fn a_tenant_stays_one_segment_of_a_path() {
        check(
            &Rule::TENANT,
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
            &Rule::PROVIDER,
            &["entraid", "c:keycloak"],
            &["", "Entra ID", "c:", "a/b"],
        );
    }
}
