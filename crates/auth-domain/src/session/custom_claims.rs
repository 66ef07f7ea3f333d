//! Custom claims: the operator's own data about a user, beside the standard claims.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map},
};

/// The prefix of every claim for Hasura.
const PREFIX: &str = "x-hasura-";

/// Claims that only this server may fill: a user who could choose one could impersonate another
/// user or role. `x-hasura-role` is not in our tokens, and names the role of a request.
const STANDARD: [&str; 6] = [
    "x-hasura-allowed-roles",
    "x-hasura-auth-elevated",
    "x-hasura-default-role",
    "x-hasura-role",
    "x-hasura-user-id",
    "x-hasura-user-is-anonymous",
];

/// The name of a custom claim, which is never that of a standard one.
///
/// Names are compared without regard to case, because Hasura reads them so.
#[derive(Debug, Clone)]
pub struct CustomClaimName(String);

/// Why a text cannot name a custom claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCustomClaimName {
    /// The claim is one of those that only this server fills.
    #[error("the claim is always this server's own")]
    Standard,
    /// It is empty or holds something else than printable ASCII.
    #[error("a claim's name is made of printable ASCII characters")]
    Unprintable,
}

impl CustomClaimName {
    /// Reads the name an operator chose, as Hasura Auth does: one that begins with `x-hasura-`, in
    /// whatever case, stays as it is; any other gets that prefix and is written in lower case.
    ///
    /// # Errors
    ///
    /// See [`InvalidCustomClaimName`]. Other alphabets are left out because their letters can fall
    /// together with a Latin one, and a name with a standard one, when case is folded.
    pub fn parse(text: &str) -> Result<Self, InvalidCustomClaimName> {
        let is_printable = |it: char| it.is_ascii_graphic() || it == ' ';
        if text.is_empty() || !text.chars().all(is_printable) {
            return Err(InvalidCustomClaimName::Unprintable);
        }
        let lower = text.to_ascii_lowercase();
        let name = if lower.starts_with(PREFIX) {
            Self(text.to_owned())
        } else {
            Self(format!("{PREFIX}{lower}"))
        };
        if STANDARD.contains(&name.folded().as_str()) {
            return Err(InvalidCustomClaimName::Standard);
        }
        Ok(name)
    }

    /// The name as it is written into a token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for CustomClaimName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for CustomClaimName {}

impl Ord for CustomClaimName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl PartialOrd for CustomClaimName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The custom claims of one user, in the order of their names. Each name occurs once, and
/// of several claims with one name the last counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomClaims(BTreeMap<CustomClaimName, String>);

impl CustomClaims {
    /// Every name with what it says.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.into_iter()
    }
}

impl FromIterator<(CustomClaimName, String)> for CustomClaims {
    fn from_iter<T: IntoIterator<Item = (CustomClaimName, String)>>(claims: T) -> Self {
        Self(claims.into_iter().collect())
    }
}

/// A name with what it says.
type Entry<'a> = (&'a str, &'a str);

impl<'a> IntoIterator for &'a CustomClaims {
    type Item = Entry<'a>;
    type IntoIter = std::iter::Map<
        btree_map::Iter<'a, CustomClaimName, String>,
        fn((&'a CustomClaimName, &'a String)) -> Entry<'a>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        CustomClaimName::parse(text).unwrap().0
    }

    #[test]
    fn a_name_gets_the_prefix_and_lower_case_unless_it_has_the_prefix() {
        assert_eq!(name("organisation-id"), "x-hasura-organisation-id");
        assert_eq!(name("Organisation-ID"), "x-hasura-organisation-id");
        assert_eq!(name("x-hasura-Org"), "x-hasura-Org");
        assert_eq!(name("X-Hasura-Org"), "X-Hasura-Org");
        assert_eq!(name("hasura-org"), "x-hasura-hasura-org");
        assert_eq!(name("x-hasura"), "x-hasura-x-hasura");
    }

    #[test]
    fn a_standard_claim_is_no_custom_one_in_whatever_case() {
        for text in [
            "user-id",
            "User-Id",
            "x-hasura-user-id",
            "X-Hasura-User-Id",
            "ALLOWED-ROLES",
            "default-role",
            "role",
            "user-is-anonymous",
            "x-hasura-auth-elevated",
            "auth-elevated",
        ] {
            let parsed = CustomClaimName::parse(text);
            assert_eq!(parsed, Err(InvalidCustomClaimName::Standard), "{text}");
        }
        assert_eq!(name("user-id-2"), "x-hasura-user-id-2");
    }

    #[test]
    fn a_name_cannot_fall_together_with_a_standard_one_when_case_is_folded() {
        // U+017F folds to `s`.
        for text in ["", "x-hasura-u\u{17f}er-id", "a\nb", "\u{e4}"] {
            let parsed = CustomClaimName::parse(text);
            assert_eq!(parsed, Err(InvalidCustomClaimName::Unprintable), "{text:?}");
        }
    }

    #[test]
    fn of_names_that_differ_in_case_the_last_one_counts() {
        let parse = |text| CustomClaimName::parse(text).unwrap();
        let claims = CustomClaims::from_iter([
            (parse("X-Hasura-Org"), "a".to_owned()),
            (parse("zone"), "b".to_owned()),
            (parse("x-hasura-oRG"), "c".to_owned()),
        ]);

        let entries: Vec<_> = claims.iter().collect();

        assert_eq!(entries, [("x-hasura-oRG", "c"), ("x-hasura-zone", "b")]);
    }
}
