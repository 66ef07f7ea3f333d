//! The sender of mails.

use auth_domain::user::EmailAddress;

/// A sender: an address, perhaps with a name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) name: Option<String>,
    pub(crate) address: SenderAddress,
}

/// An address that mails come from. Unlike that of a user it may be at a host without a dot in its
/// name, such as `localhost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SenderAddress(String);

impl SenderAddress {
    fn parse(text: &str) -> Option<Self> {
        let (_, domain) = text.rsplit_once('@')?;
        let is_address = if domain.contains('.') {
            EmailAddress::parse(text).is_ok()
        } else {
            // A name without a dot has to be one that could be the first part of another.
            EmailAddress::parse(&format!("{text}.example")).is_ok()
        };
        is_address.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`.
    pub(crate) fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl Sender {
    /// Reads `address`, `<address>`, `Name <address>` or `"Name" <address>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains(char::is_control) {
            return None;
        }
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.rsplit_once('<')?,
            None => ("", text),
        };
        let name = unquoted(name.trim())?;
        Some(Self {
            name: Some(name).filter(|name| !name.is_empty()),
            address: SenderAddress::parse(address)?,
        })
    }
}

/// The text of a quoted string (RFC 5322 §3.2.4), or of a name without quotes.
fn unquoted(name: &str) -> Option<String> {
    let Some(rest) = name.strip_prefix('"') else {
        // Quotes and brackets in it would be ambiguous.
        return (!name.contains(['"', '<', '>'])).then(|| name.to_owned());
    };
    let quoted = rest.strip_suffix('"')?;
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '"' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(Option<String>, String)> {
        Sender::parse(text).map(|it| (it.name, it.address.as_str().to_owned()))
    }

    #[test]
    fn an_address_may_have_a_name_before_it() {
        let address = "hello@example.com".to_owned();
        for (text, name) in [
            ("hello@example.com", None),
            (" <hello@example.com> ", None),
            ("Acme <hello@example.com>", Some("Acme")),
            ("Café Ω <hello@example.com>", Some("Café Ω")),
            (r#""Acme, Inc." <hello@example.com>"#, Some("Acme, Inc.")),
            (r#""The \"A\"" <hello@example.com>"#, Some(r#"The "A""#)),
        ] {
            assert_eq!(
                parsed(text),
                Some((name.map(str::to_owned), address.clone())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_needs_no_dot() {
        for text in [
            "noreply@localhost",
            "Acme <noreply@localhost>",
            "a@mail-relay",
        ] {
            assert!(Sender::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "Acme",
            "hello@",
            "hello@local host",
            "hello@-",
            "@localhost",
            "hello@example.com>",
            "<hello@example.com",
            "Acme <hello@example.com> x",
            "a@example.com, b@example.com",
            "Acme <a@example.com>, <b@example.com>",
            "Acme <hello@example.com\r\nBcc: x@example.com>",
            "Acme\r\nBcc: x@example.com <hello@example.com>",
            r#""Acme <hello@example.com>"#,
            r#""Ac"me" <hello@example.com>"#,
            r#""Acme\" <hello@example.com>"#,
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
