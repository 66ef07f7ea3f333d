//! E-mail addresses.

use std::{fmt, sync::LazyLock};

use regex::Regex;

/// The longest address SMTP can carry in a path (RFC 5321 §4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// What the column `auth.users.email` accepts (the HTML living standard's pattern), and at least
/// one dot in the domain, as Hasura Auth demands while decoding.
#[expect(
    clippy::expect_used,
    reason = "a constant, which every test below reads"
)]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    let local = r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+";
    Regex::new(&format!(
        r"\A{local}@{label}(?:\.{label})*\.[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?\z"
    ))
    .expect("the pattern is a regular expression")
});

/// A syntactically valid e-mail address.
///
/// It keeps the spelling it was given in, because clients read it back; stores compare it without
/// regard to ASCII case. Quoted local parts and non-ASCII letters are refused, as by the database's
/// own check.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`InvalidEmailAddress`] when `text` is not of the form `local@domain.tld` or longer than
    /// 254 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        if text.len() <= MAX_BYTES && PATTERN.is_match(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmailAddress)
        }
    }

    /// An address that a store accepted earlier, perhaps under older rules. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address in its original spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Lower-case form: equal for all spellings that mean the same account.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What follows the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// Addresses are personal data: the debug form shows only the domain.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "***@{}", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_keep_their_spelling() {
        for text in [
            "ada@example.com",
            "Ada.Lovelace+x@mail.Example.co.uk",
            "o'hara@x-y.io",
        ] {
            assert_eq!(
                EmailAddress::parse(text).map(|it| it.as_str().to_owned()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_the_database_would_refuse_is_refused_here() {
        let long = format!("a@{}.com", "b".repeat(260));
        let hostile = [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@example.c0m@x",
            "ada@-a.com",
            "ada@example.com ",
            " ada@example.com",
            "ada@example.com\n",
            "ada\0@example.com",
            "ada@exämple.com",
            "\"a b\"@example.com",
            "Ada <ada@example.com>",
            "a@b.com,c@d.com",
            "ada@example..com",
            "ada@[127.0.0.1]",
            "ada@example.123",
            &long,
        ];
        for text in hostile {
            assert_eq!(
                EmailAddress::parse(text),
                Err(InvalidEmailAddress),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_debug_form_hides_the_local_part() {
        let email = EmailAddress::parse("ada@example.com").unwrap();

        assert_eq!(format!("{email:?}"), "***@example.com");
    }
}
