//! Text as a part of a URL.

use url::form_urlencoded;

/// The text with everything percent-encoded but ASCII letters, digits and `*-._`, so that it can be any
/// part of a URL (RFC 3986 §2.1). A blank is `%20`: only forms read a `+` as one.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_urls_is_encoded() {
        assert_eq!(percent_encoded("a b+c&d=é"), "a%20b%2Bc%26d%3D%C3%A9");
        assert_eq!(
            percent_encoded("https://x.io/?y#z"),
            "https%3A%2F%2Fx.io%2F%3Fy%23z"
        );
    }
}
