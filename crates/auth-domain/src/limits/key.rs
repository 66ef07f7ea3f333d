//! Names of counters.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::ClientNetwork;
use crate::{
    secret::keyed,
    user::{EmailAddress, PhoneNumber, UserId, Username},
};

/// The name of a counter. It holds no name of an account or mailbox, because the store of shared
/// counters may be readable by others.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CounterKey(String);

impl CounterKey {
    /// What is counted for a client. `what` is a word such as `user-global`.
    #[must_use]
    pub fn of_client(what: &str, client: ClientNetwork) -> Self {
        Self(format!("{what}:{client}"))
    }

    /// What is counted for all clients together.
    #[must_use]
    pub fn of_all(what: &str) -> Self {
        Self(format!("{what}:global"))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CounterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterKey(***)")
    }
}

/// The key that names of accounts and mailboxes are hashed with. Servers that count together share
/// it.
#[derive(Clone)]
pub struct NamingKey(Hmac<Sha256>);

impl NamingKey {
    /// A key for this purpose alone, derived from a secret that may serve others too.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        let mut mac = keyed(secret);
        mac.update(b"hasura-auth counted name v1");
        Self(keyed(&mac.finalize().into_bytes()))
    }

    /// What is counted for an account, by what it signs in with and whether or not it exists.
    pub(super) fn account(&self, account: AccountName<'_>) -> CounterKey {
        self.name("account", &[&account.text()])
    }

    /// What is counted for an account and the place it is used from.
    pub(super) fn account_at(
        &self,
        what: &str,
        account: AccountName<'_>,
        client: ClientNetwork,
    ) -> CounterKey {
        self.name(what, &[&account.text(), &client.to_string()])
    }

    /// What is counted for a mailbox.
    pub(super) fn mailbox(&self, what: &str, address: &EmailAddress) -> CounterKey {
        self.name(what, &[&address.as_str().to_ascii_lowercase()])
    }

    /// What is counted for a phone, however its number is spelled.
    pub(super) fn phone(&self, what: &str, number: &PhoneNumber) -> CounterKey {
        self.name(what, &[&number.canonical()])
    }

    fn name(&self, what: &str, parts: &[&str]) -> CounterKey {
        let mut mac = self.0.clone();
        for part in [what].iter().chain(parts) {
            mac.update(part.as_bytes());
            // No part holds it, so that parts cannot run into each other.
            mac.update(b"\0");
        }
        let digest = HEXLOWER.encode(&mac.finalize().into_bytes());
        CounterKey(format!("{what}:{digest}"))
    }
}

impl fmt::Debug for NamingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamingKey(***)")
    }
}

/// The name by which an attempt identifies an account.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AccountName<'a> {
    /// By its address, without regard to ASCII case.
    Email(&'a EmailAddress),
    /// By its user name.
    Username(&'a Username),
    /// By its phone number, however that is spelled.
    PhoneNumber(&'a PhoneNumber),
    /// By a session of it.
    Id(UserId),
}

impl AccountName<'_> {
    fn text(self) -> String {
        match self {
            Self::Email(email) => format!("email {}", email.as_str().to_ascii_lowercase()),
            Self::Username(name) => format!("username {}", name.as_str()),
            Self::PhoneNumber(number) => format!("phone {}", number.canonical()),
            Self::Id(id) => format!("id {}", id.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    #[test]
    fn a_key_does_not_reveal_the_account_it_counts_for() {
        let naming = NamingKey::derive(b"secret");

        let name = naming.account(AccountName::Email(&email("ada@example.com")));

        assert!(!name.as_str().contains("ada"));
        assert!(!format!("{name:?}{naming:?}").contains(name.as_str()));
        let other = NamingKey::derive(b"another secret");
        assert_ne!(
            name,
            other.account(AccountName::Email(&email("ada@example.com")))
        );
    }

    #[test]
    fn capitals_do_not_make_another_mailbox() {
        let naming = NamingKey::derive(b"secret");

        let one = naming.mailbox("mail", &email("Ada@Example.com"));

        assert_eq!(one, naming.mailbox("mail", &email("ada@example.COM")));
        assert_ne!(one, naming.mailbox("mail", &email("bob@example.com")));
    }

    #[test]
    fn another_spelling_does_not_make_another_phone() {
        let naming = NamingKey::derive(b"secret");
        let number = |text| PhoneNumber::parse(text).unwrap();

        let one = naming.phone("text", &number("+41 79 000 00 00"));

        assert_eq!(one, naming.phone("text", &number("0041790000000")));
        assert_ne!(one, naming.phone("text", &number("+41790000001")));
        assert!(!one.as_str().contains("4179"));
    }

    #[test]
    fn accounts_mailboxes_and_places_are_counted_apart() {
        let naming = NamingKey::derive(b"secret");
        let address = email("ada@example.com");
        let account = AccountName::Email(&address);
        let here = ClientNetwork::UNKNOWN;
        let there = ClientNetwork::of([192, 0, 2, 1].into());

        let keys = [
            naming.account(account),
            naming.mailbox("mail", &address),
            naming.account_at("place", account, here),
            naming.account_at("place", account, there),
            naming.account_at("account-at-place", account, there),
        ];

        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key));
        }
    }
}
