//! The path of a request for the log, without secrets and personal data.
//!
//! The paths of routes hold no personal data. Any other path is what a client made up, or belongs
//! to the application next door: `/reset/<uuid>`, `/verify/ticket/<text>`. Of such a path only the
//! parts that look like words are kept.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;

/// Longest part of a path that is kept; the longest one of a route has 23.
const PART_BYTES: usize = 24;

/// Most parts that are kept.
const PARTS: usize = 8;

/// Most digits in a word, at its end: `oauth2`, `v1.2`.
const DIGITS: usize = 2;

/// Most capitals in a word: `signInWithPassword`.
const CAPITALS: usize = 3;

/// From this length on what could be hexadecimal is no word.
const HEX_BYTES: usize = 8;

/// Stands for what is left out.
const LEFT_OUT: &str = "…";

/// Words that are followed by what must not be logged, or that are part of such a word.
const BEFORE_SECRETS: [&str; 23] = [
    "token",
    "ticket",
    "code",
    "key",
    "secret",
    "passw",
    "otp",
    "refresh",
    "session",
    "jwt",
    "bearer",
    "verif",
    "reset",
    "confirm",
    "activat",
    "invit",
    "magic",
    "nonce",
    "state",
    "hash",
    "signature",
    "credential",
    "unsubscribe",
];

/// The path of a request without what could be a secret or personal.
pub(super) fn logged_path(request: &ServiceRequest) -> Cow<'_, str> {
    redacted(request.path(), request.match_pattern().as_deref())
}

/// The path of a route as it is, and of any other path the parts that read like words. `pattern` is
/// that of the route, if there is one.
fn redacted<'a>(path: &'a str, pattern: Option<&str>) -> Cow<'a, str> {
    if pattern == Some(path) {
        return path.into();
    }
    let mut known = pattern.unwrap_or_default().split('/');
    let mut kept = Vec::new();
    let mut secret_follows = false;
    for part in path.split('/') {
        if known.next() == Some(part) {
            kept.push(part);
            continue;
        }
        if (secret_follows && !part.is_empty()) || kept.len() > PARTS {
            kept.push(LEFT_OUT);
            break;
        }
        secret_follows |= comes_before_secrets(part);
        kept.push(if is_word(part) { part } else { LEFT_OUT });
    }
    kept.join("/").into()
}

fn comes_before_secrets(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part == "pat" || BEFORE_SECRETS.iter().any(|word| part.contains(word))
}

/// Whether a part of a path is no token, id, code, address or number, as far as its looks tell. What
/// is percent-encoded is no word: it could be anything.
fn is_word(part: &str) -> bool {
    // The names of services that an operator described begin like this.
    let part = part.strip_prefix("c:").unwrap_or(part);
    let is_digit = |it: &u8| it.is_ascii_digit();
    let count = |is: fn(&u8) -> bool| part.bytes().filter(is).count();
    let stem = part.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    let is_hex = part.len() >= HEX_BYTES && part.bytes().all(|it| it.is_ascii_hexdigit());
    part.len() <= PART_BYTES
        && part.bytes().all(plain)
        && count(u8::is_ascii_digit) <= DIGITS
        && !stem.as_bytes().iter().any(is_digit)
        && count(u8::is_ascii_uppercase) <= CAPITALS
        && !is_hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(path: &str) -> String {
        redacted(path, None).into_owned()
    }

    #[test]
    fn the_path_of_a_route_is_logged_as_it_is() {
        for path in ["/token/verify", "/user/email/send-verification-email"] {
            assert_eq!(redacted(path, Some(path)), path);
        }
        let provider = |name: &str| {
            let path = format!("/signin/provider/{name}/callback");
            redacted(&path, Some("/signin/provider/{provider}/callback")).into_owned()
        };
        for name in ["github", "c:keycloak"] {
            assert_eq!(provider(name), format!("/signin/provider/{name}/callback"));
        }
        assert_eq!(
            provider("57c3f278-ea3c-4f5f-8f09-12a598d97c1c"),
            "/signin/provider/…/callback"
        );
    }

    #[test]
    fn what_reads_like_words_is_kept() {
        for path in [
            "/",
            "/users/profile",
            "/oauth2/authorize",
            "/v1.2/signInWithPassword",
            "/.well-known/openid-configuration",
            "/wp-login.php",
            "/sign-up/",
        ] {
            assert_eq!(logged(path), path);
        }
    }

    #[test]
    fn nothing_is_logged_that_follows_a_word_for_a_secret() {
        for (path, expected) in [
            ("/verify/ticket/abc", "/verify/…"),
            ("/token/abc/def", "/token/…"),
            ("/token/", "/token/"),
            ("/api/RefreshToken/abc", "/api/RefreshToken/…"),
            ("/auth/reset-password/abc", "/auth/reset-password/…"),
            ("/otp/abc", "/otp/…"),
            ("/pat/abc", "/pat/…"),
            ("/code//abc", "/code//…"),
        ] {
            assert_eq!(logged(path), expected);
        }
    }

    #[test]
    fn nothing_is_logged_that_looks_like_a_secret_or_a_person() {
        for part in [
            "57c3f278-ea3c-4f5f-8f09-12a598d97c1c",
            "57c3f278ea3c4f5f8f0912a598d97c1c",
            "deadbeef",
            "123456",
            "41790000000",
            "+41790000000",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
            "pbmAYIfZQdKdOtRwyVwHxA",
            "JBSWY3DPEHPK3PXP",
            "kqjxwzvbnmplkjhgfdsaqwert",
            "ada@example.com",
            "ada%40example.com",
            "%61%62%63",
            "user;token=abc",
            "passwordless:abc",
            "a1b2c3d4",
            "änderung",
        ] {
            let told = logged(&format!("/app/{part}/end"));
            let is_left_out = told == "/app/…/end" || told == "/app/…/…";
            assert!(is_left_out, "{part}: {told}");
        }
    }

    #[test]
    fn a_line_of_the_log_stays_short() {
        let long = logged(&"/abc".repeat(10_000));
        assert!(long.ends_with("/abc/…") && long.len() < 100, "{long}");
        let wide = logged(&format!("/{}", "x".repeat(10_000)));
        assert_eq!(wide, "/…");
    }
}
