//! The custom claims that the operator defined.

use std::collections::{BTreeMap, BTreeSet};

use auth_domain::session::{CustomClaimName, CustomClaims, InvalidCustomClaimName};
use serde_json::{Map, Value};

use crate::{
    path::{InvalidPath, Path, TooManyValues},
    query::Selection,
    text::{self, TooLong},
};

/// The default value of a claim whose path leads to nothing.
const NOTHING: &str = "null";

/// Which custom claims there are, and where their values are found.
#[derive(Debug, Clone)]
pub struct ClaimDefinitions {
    /// By the names as they were written.
    claims: BTreeMap<String, Definition>,
    standard: Vec<String>,
    unreadable: Vec<UnreadablePath>,
    stray_defaults: Vec<String>,
}

#[derive(Debug, Clone)]
struct Definition {
    name: CustomClaimName,
    /// The path as it was written.
    written: String,
    path: Path,
    default: String,
}

/// A path that cannot be parsed. Tokens are issued without its claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} of {name:?} cannot be read: {problem}")]
pub struct UnreadablePath {
    /// The claim.
    pub name: String,
    /// Its path.
    pub path: String,
    /// What is wrong with it, and where.
    pub problem: InvalidPath,
}

/// Why the definitions cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaims {
    /// The text is not a JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// The path of a claim is not a string.
    #[error("the path of {0:?} is not text")]
    NotText(String),
    /// The name of a claim is not allowed.
    #[error("{0:?} cannot be a claim: {1}")]
    Name(String, InvalidCustomClaimName),
    /// Two names are the same in a token.
    #[error("{0:?} and {1:?} are the same claim")]
    Twice(String, String),
}

/// Why the defaults cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDefaults {
    /// The text is not a JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A value is larger than any token.
    #[error("the value of {0:?} is too large for a token")]
    TooLong(String),
}

/// Why a claim cannot be issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the path of the claim {0:?} leads past too many values")]
    TooMany(String, #[source] TooManyValues),
    #[error("the claim {0:?} is too large for a token")]
    TooLong(String, #[source] TooLong),
}

impl ClaimDefinitions {
    /// Reads a JSON object of names with paths: `{"organisation-id":"profile.organisation.id"}`.
    ///
    /// The name of a standard claim is set aside, see [`standard`](Self::standard), and so is a claim
    /// whose path cannot be read, see [`unreadable`](Self::unreadable).
    ///
    /// # Errors
    ///
    /// See [`InvalidClaims`].
    pub fn parse(text: &str) -> Result<Self, InvalidClaims> {
        let mut claims = BTreeMap::new();
        let mut standard = Vec::new();
        let mut unreadable = Vec::new();
        for (written, path) in object(text).ok_or(InvalidClaims::NotAnObject)? {
            let Value::String(path) = path else {
                return Err(InvalidClaims::NotText(written));
            };
            let name = match CustomClaimName::parse(&written) {
                Ok(name) => name,
                Err(InvalidCustomClaimName::Standard) => {
                    standard.push(written);
                    continue;
                }
                Err(problem) => return Err(InvalidClaims::Name(written, problem)),
            };
            match Definition::parse(name, &path) {
                Ok(definition) => drop(claims.insert(written, definition)),
                Err(problem) => unreadable.push(UnreadablePath {
                    name: written,
                    path,
                    problem,
                }),
            }
        }
        refuse_doubles(&claims)?;
        Ok(Self {
            claims,
            standard,
            unreadable,
            stray_defaults: Vec::new(),
        })
    }

    /// With the values of claims whose paths lead to nothing, from a JSON object of the same names
    /// with values of any kind.
    ///
    /// # Errors
    ///
    /// See [`InvalidDefaults`].
    pub fn with_defaults(mut self, text: &str) -> Result<Self, InvalidDefaults> {
        for (written, value) in object(text).ok_or(InvalidDefaults::NotAnObject)? {
            match (self.claims.get_mut(&written), text::of_value(&value)) {
                (None, _) if self.unreadable.iter().any(|it| it.name == written) => {}
                (None, _) => self.stray_defaults.push(written),
                (Some(claim), Ok(default)) => claim.default = default,
                (Some(_), Err(TooLong)) => return Err(InvalidDefaults::TooLong(written)),
            }
        }
        Ok(self)
    }

    /// Whether there are no claims to fetch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Names of standard claims, which only this server fills; their paths are ignored.
    #[must_use]
    pub fn standard(&self) -> &[String] {
        &self.standard
    }

    /// Claims whose paths cannot be read; tokens are issued without them.
    #[must_use]
    pub fn unreadable(&self) -> &[UnreadablePath] {
        &self.unreadable
    }

    /// Names of defaults that no claim has; they are ignored.
    #[must_use]
    pub fn stray_defaults(&self) -> &[String] {
        &self.stray_defaults
    }

    /// The names as they were written, each with its path.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        let claims = self.claims.iter();
        claims.map(|(written, claim)| (written.as_str(), claim.written.as_str()))
    }

    /// The query for all values at once, with the variable `id`, but for those of the claims
    /// `without`; `None` if no claim is left.
    pub(crate) fn query(&self, without: &BTreeSet<String>) -> Option<String> {
        let asked = self.claims.iter().filter(|(it, _)| !without.contains(*it));
        query_of(asked.map(|(_, claim)| claim))
    }

    /// The query for the value of one claim.
    pub(crate) fn query_for(&self, written: &str) -> Option<String> {
        query_of(self.claims.get(written).into_iter())
    }

    /// The custom claims of `user`, but for those `without`, and the claims that cannot be issued.
    pub(crate) fn claims_of(
        &self,
        user: &Value,
        without: &BTreeSet<String>,
    ) -> (CustomClaims, Vec<Unusable>) {
        let mut unusable = Vec::new();
        let asked = self.claims.iter().filter(|(it, _)| !without.contains(*it));
        let claims = asked
            .filter_map(|(_, claim)| match claim.text(user) {
                Ok(text) => Some((claim.name.clone(), text)),
                Err(error) => {
                    unusable.push(error);
                    None
                }
            })
            .collect();
        (claims, unusable)
    }
}

/// `None` for no claims.
fn query_of<'a>(claims: impl Iterator<Item = &'a Definition>) -> Option<String> {
    let mut selection = Selection::default();
    let mut is_empty = true;
    for claim in claims {
        // Cannot fail: the path was added to a selection of its own when it was read.
        selection.add(&claim.path).ok()?;
        is_empty = false;
    }
    (!is_empty).then(|| selection.query())
}

impl Definition {
    fn parse(name: CustomClaimName, written: &str) -> Result<Self, InvalidPath> {
        let path = Path::parse(from_the_user(written))?;
        Selection::default().add(&path)?;
        Ok(Self {
            name,
            written: written.to_owned(),
            path,
            default: NOTHING.to_owned(),
        })
    }

    fn text(&self, user: &Value) -> Result<String, Unusable> {
        let name = || self.name.as_str().to_owned();
        let found = self.path.find(user);
        let found = found.map_err(|error| Unusable::TooMany(name(), error))?;
        text::of_found(&found, &self.default).map_err(|error| Unusable::TooLong(name(), error))
    }
}

/// A path from the user on; the operator's may also begin with `user`, as the response does.
fn from_the_user(path: &str) -> &str {
    let path = path.trim();
    path.strip_prefix("user.").unwrap_or(path)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// Refuses two claims with one name: it would be left to chance which of them counts.
fn refuse_doubles(claims: &BTreeMap<String, Definition>) -> Result<(), InvalidClaims> {
    let mut known = BTreeMap::new();
    for (written, claim) in claims {
        if let Some(other) = known.insert(&claim.name, written) {
            return Err(InvalidClaims::Twice(other.clone(), written.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(claims: &Value) -> Result<ClaimDefinitions, InvalidClaims> {
        ClaimDefinitions::parse(&claims.to_string())
    }

    fn said(definitions: &ClaimDefinitions, user: &Value) -> Vec<(String, String)> {
        let (claims, unusable) = definitions.claims_of(user, &BTreeSet::new());
        assert!(unusable.is_empty(), "{unusable:?}");
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        claims.iter().map(own).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn all_claims_come_from_one_query() {
        let definitions = parse(&json!({
            "organisation-id": "profile.organisation.id",
            "X-Hasura-Projects": "profile.contributesTo[].project.id",
            "plan": "metadata.plan",
        }))
        .unwrap();
        let user = json!({
            "metadata": { "plan": { "name": "pro" } },
            "profile": {
                "organisation": { "id": "o1" },
                "contributesTo": [{ "project": { "id": "p1" } }, { "project": { "id": "p2" } }],
            },
        });

        assert_eq!(
            definitions.query(&BTreeSet::new()).unwrap(),
            "query GetClaims($id: uuid!) { user(id:$id) {metadata profile{contributesTo{\
             project{id }}organisation{id }}} }"
        );
        assert_eq!(
            said(&definitions, &user),
            pairs(&[
                ("x-hasura-organisation-id", "o1"),
                ("x-hasura-plan", r#"{"name":"pro"}"#),
                ("X-Hasura-Projects", r#"{"p1","p2"}"#),
            ])
        );
    }

    #[test]
    fn what_is_missing_is_its_default_or_null() {
        let definitions = parse(&json!({ "a": "a", "b": "b[].x", "c": "c.d", "e": "e[]" }))
            .unwrap()
            .with_defaults(&json!({ "a": "none", "b": ["x"], "e": [] }).to_string())
            .unwrap();

        assert_eq!(
            said(&definitions, &json!({ "a": null, "b": null })),
            pairs(&[
                ("x-hasura-a", "none"),
                ("x-hasura-b", r#"{"x"}"#),
                ("x-hasura-c", "null"),
                ("x-hasura-e", "{}"),
            ])
        );
        assert_eq!(
            said(
                &definitions,
                &json!({ "a": 0, "b": [], "c": { "d": false }, "e": [1] })
            ),
            pairs(&[
                ("x-hasura-a", "0"),
                ("x-hasura-b", "{}"),
                ("x-hasura-c", "false"),
                ("x-hasura-e", "{1}"),
            ])
        );
    }

    #[test]
    fn a_standard_claim_is_set_aside_and_a_stray_default_is_told() {
        let definitions = parse(&json!({ "user-id": "boss.id", "X-HASURA-ROLE": "a", "b": "b" }))
            .unwrap()
            .with_defaults(r#"{"b":1,"c":2}"#)
            .unwrap();

        assert_eq!(
            definitions.query(&BTreeSet::new()).unwrap(),
            "query GetClaims($id: uuid!) { user(id:$id) {b } }"
        );
        assert_eq!(
            said(&definitions, &json!({})),
            pairs(&[("x-hasura-b", "1")])
        );
        let mut standard = definitions.standard().to_vec();
        standard.sort();
        assert_eq!(standard, ["X-HASURA-ROLE", "user-id"]);
        assert_eq!(definitions.stray_defaults(), ["c"]);
        assert!(parse(&json!({ "user-id": "id" })).unwrap().is_empty());
        assert!(parse(&json!({})).unwrap().is_empty());
    }

    #[test]
    fn definitions_that_cannot_work_say_why() {
        let refused = |claims: Value| parse(&claims).unwrap_err().to_string();

        assert_eq!(refused(json!([])), "it is not a JSON object");
        assert_eq!(refused(json!({ "a": 1 })), "the path of \"a\" is not text");
        assert!(refused(json!({ "\u{e4}": "b" })).contains("printable ASCII"));
        assert_eq!(
            refused(json!({ "Org": "a", "x-hasura-org": "b" })),
            "\"Org\" and \"x-hasura-org\" are the same claim"
        );
        let defaults = |text: &str| parse(&json!({ "a": "a" })).unwrap().with_defaults(text);
        assert_eq!(defaults("1").unwrap_err(), InvalidDefaults::NotAnObject);
        let long = json!({ "a": "x".repeat(70_000) }).to_string();
        assert!(defaults(&long).is_err());
    }

    #[test]
    fn a_path_that_cannot_be_read_costs_its_claim_and_is_named() {
        let definitions =
            parse(&json!({ "a": "b[", "c": "d.*", "e": "first-name", "good": "good" }))
                .unwrap()
                .with_defaults(r#"{"a":"admin"}"#)
                .unwrap();

        let told: Vec<_> = definitions
            .unreadable()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told[0],
            "the path \"b[\" of \"a\" cannot be read: a place in a list, a quoted name or * is \
             expected at character 3"
        );
        assert!(told[1].contains("\"*\" is no name"), "{told:?}");
        assert!(told[2].contains("\"first-name\" is no name"), "{told:?}");
        assert!(definitions.stray_defaults().is_empty());
        assert_eq!(
            said(&definitions, &json!({ "good": 1 })),
            pairs(&[("x-hasura-good", "1")])
        );
        assert!(parse(&json!({ "a": "b[" })).unwrap().is_empty());
    }

    #[test]
    fn a_path_may_begin_with_the_user() {
        let definitions = parse(&json!({ "org": "user.profile.org", "name": "user" })).unwrap();

        assert_eq!(
            definitions.query(&BTreeSet::new()).unwrap(),
            "query GetClaims($id: uuid!) { user(id:$id) {profile{org }user } }"
        );
        assert_eq!(
            said(
                &definitions,
                &json!({ "profile": { "org": 7 }, "user": "ada" })
            ),
            pairs(&[("x-hasura-name", "ada"), ("x-hasura-org", "7")])
        );
    }

    #[test]
    fn claims_are_asked_for_together_alone_and_without_some() {
        let definitions = parse(&json!({ "a": "m.k", "b": "m.l" })).unwrap();
        let without = |names: &[&str]| {
            let names = names.iter().map(|it| (*it).to_owned()).collect();
            definitions.query(&names)
        };

        let query = |selection: &str| {
            Some(format!(
                "query GetClaims($id: uuid!) {{ user(id:$id) {selection} }}"
            ))
        };
        assert_eq!(without(&[]), query("{m{k l }}"));
        assert_eq!(without(&["a"]), query("{m{l }}"));
        assert_eq!(without(&["a", "b"]), None);
        assert_eq!(definitions.query_for("a"), query("{m{k }}"));
        assert_eq!(definitions.query_for("c"), None);
    }

    #[test]
    fn what_cannot_be_said_costs_its_claim() {
        let definitions = parse(&json!({ "a": "a", "b": "b" })).unwrap();

        let user = json!({ "a": "1", "b": "x".repeat(70_000) });
        let (claims, unusable) = definitions.claims_of(&user, &BTreeSet::new());

        assert_eq!(claims.iter().collect::<Vec<_>>(), [("x-hasura-a", "1")]);
        assert!(matches!(&unusable[..], [Unusable::TooLong(name, _)] if name == "x-hasura-b"));
    }
}
