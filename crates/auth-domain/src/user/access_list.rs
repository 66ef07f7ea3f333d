//! Which e-mail addresses may have an account here.

use super::EmailAddress;

/// Allow and block lists for addresses and domains.
///
/// The order of the checks is Hasura Auth's: blocked address, allowed address, blocked domain,
/// allowed domain; what is in no list is accepted only if both allow lists are empty. Unlike Hasura
/// Auth this compares without regard to ASCII case: otherwise `Spam@Example.com` would bypass a
/// block of `spam@example.com` while being the same account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailAccessList {
    blocked_emails: Vec<String>,
    allowed_emails: Vec<String>,
    blocked_domains: Vec<String>,
    allowed_domains: Vec<String>,
}

impl EmailAccessList {
    /// A list from the four settings.
    #[must_use]
    pub fn new(
        blocked_emails: &[String],
        allowed_emails: &[String],
        blocked_domains: &[String],
        allowed_domains: &[String],
    ) -> Self {
        let lower = |list: &[String]| list.iter().map(|it| it.to_ascii_lowercase()).collect();
        Self {
            blocked_emails: lower(blocked_emails),
            allowed_emails: lower(allowed_emails),
            blocked_domains: lower(blocked_domains),
            allowed_domains: lower(allowed_domains),
        }
    }

    /// Whether `email` may be used here.
    #[must_use]
    pub fn accepts(&self, email: &EmailAddress) -> bool {
        let address = email.canonical();
        let domain = email.domain().to_ascii_lowercase();
        if self.blocked_emails.contains(&address) {
            return false;
        }
        if self.allowed_emails.contains(&address) {
            return true;
        }
        if self.blocked_domains.contains(&domain) {
            return false;
        }
        self.allowed_domains.contains(&domain)
            || (self.allowed_emails.is_empty() && self.allowed_domains.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(
        blocked: &[&str],
        allowed: &[&str],
        blocked_domains: &[&str],
        domains: &[&str],
    ) -> EmailAccessList {
        let own = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        EmailAccessList::new(
            &own(blocked),
            &own(allowed),
            &own(blocked_domains),
            &own(domains),
        )
    }

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    #[test]
    fn empty_lists_accept_everyone() {
        assert!(list(&[], &[], &[], &[]).accepts(&email("ada@example.com")));
    }

    #[test]
    fn an_allow_list_shuts_out_the_rest() {
        let access = list(&[], &["bob@other.com"], &[], &["example.com"]);

        assert!(access.accepts(&email("ada@example.com")));
        assert!(access.accepts(&email("bob@other.com")));
        assert!(!access.accepts(&email("eve@other.com")));
        assert!(!access.accepts(&email("eve@evil-example.com")));
    }

    #[test]
    fn a_blocked_address_loses_even_in_an_allowed_domain() {
        let access = list(&["spam@example.com"], &[], &[], &["example.com"]);

        assert!(!access.accepts(&email("spam@example.com")));
        assert!(!access.accepts(&email("SPAM@Example.com")));
        assert!(access.accepts(&email("ada@example.com")));
    }

    #[test]
    fn an_allowed_address_wins_over_its_blocked_domain() {
        let access = list(&[], &["ada@example.com"], &["example.com"], &[]);

        assert!(access.accepts(&email("ada@example.com")));
        assert!(!access.accepts(&email("bob@example.com")));
    }
}
