//! Members of profiles that never fail to read: one provider writes an id as a number, another
//! `"true"` for `true`, and users have names and pictures that break every rule.
//!
//! Give the struct of a profile `#[derive(Deserialize, Default)]` and `#[serde(default)]`.

use auth_domain::{
    identity::{InvalidSubject, Subject},
    user::EmailAddress,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

/// The provider's id of a user: a text or a whole number.
#[derive(Debug, Clone, Default)]
pub struct PersonId(Option<Subject>);

impl PersonId {
    /// The id.
    ///
    /// # Errors
    ///
    /// [`InvalidSubject`] when there is none.
    pub fn subject(self) -> Result<Subject, InvalidSubject> {
        self.0.ok_or(InvalidSubject)
    }
}

impl From<Value> for PersonId {
    fn from(value: Value) -> Self {
        Self(match value {
            Value::String(text) => Subject::parse(&text).ok(),
            Value::Number(number) if !number.is_f64() => Subject::parse(&number.to_string()).ok(),
            _ => None,
        })
    }
}

/// An e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address(pub Option<EmailAddress>);

impl From<Value> for Address {
    fn from(value: Value) -> Self {
        let text = value.as_str();
        Self(text.and_then(|it| EmailAddress::parse(it).ok()))
    }
}

/// Whether the provider has verified something. Only `true` and `"true"` say so; `null` says
/// nothing, and anything else says that it has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked(pub Option<bool>);

impl From<Value> for Checked {
    fn from(value: Value) -> Self {
        let says_so = value == Value::Bool(true) || value.as_str() == Some("true");
        Self((!value.is_null()).then_some(says_so))
    }
}

/// A name, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name(pub Option<String>);

impl From<Value> for Name {
    fn from(value: Value) -> Self {
        let text = value.as_str().map(str::trim);
        Self(text.filter(|it| !it.is_empty()).map(str::to_owned))
    }
}

impl Name {
    /// Parts of a name with spaces between them.
    #[must_use]
    pub fn joined<const N: usize>(parts: [Self; N]) -> Self {
        let parts: Vec<String> = parts.into_iter().filter_map(|it| it.0).collect();
        Self((!parts.is_empty()).then(|| parts.join(" ")))
    }

    /// This one, or `other` if this is empty.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }
}

/// A picture on the web.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture(pub Option<Url>);

impl From<Value> for Picture {
    fn from(value: Value) -> Self {
        let url = value.as_str().and_then(|it| Url::parse(it).ok());
        Self(url.filter(|it| matches!(it.scheme(), "https" | "http")))
    }
}

/// An entry of a list of addresses, as of GitHub and Bitbucket.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListedAddress {
    email: Address,
    primary: Checked,
    is_primary: Checked,
    verified: Checked,
    is_confirmed: Checked,
}

/// An address of a list, and whether it is verified: the primary one if it is verified, or else any
/// that is, or else the primary one, or else the first.
#[must_use]
pub fn best_address(list: Vec<ListedAddress>) -> Option<(EmailAddress, Option<bool>)> {
    let is_verified = |entry: &ListedAddress| entry.verified.0.or(entry.is_confirmed.0);
    let is_primary = |entry: &ListedAddress| entry.primary.0.or(entry.is_primary.0);
    let worth = |entry: &ListedAddress| {
        let is = |said: Option<bool>| said == Some(true);
        (is(is_verified(entry)), is(is_primary(entry)))
    };
    let readable = list.into_iter().filter(|it| it.email.0.is_some());
    // `max_by_key` returns the last of equal items, so the list is reversed.
    let best = readable.rev().max_by_key(worth)?;
    let is_verified = is_verified(&best);
    Some((best.email.0?, is_verified))
}

/// Reads a nested object; anything else, such as `null`, counts as an empty one.
///
/// # Errors
///
/// None but those of the text itself, which is no JSON then.
pub fn nested<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

/// Implements `Deserialize` so that any value fits.
macro_rules! read_from_any_value {
    ($($member:ty)*) => {$(
        impl<'de> Deserialize<'de> for $member {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Value::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

read_from_any_value! { PersonId Address Checked Name Picture }

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(value: Value) -> Option<String> {
        let id: PersonId = serde_json::from_value(value).unwrap();
        id.subject().ok().map(|it| it.as_str().to_owned())
    }

    #[test]
    fn an_id_is_a_text_or_a_whole_number() {
        assert_eq!(id(json!("a-1")).unwrap(), "a-1");
        assert_eq!(id(json!(583_231)).unwrap(), "583231");
        for no_id in [
            json!(null),
            json!(""),
            json!(0),
            json!("undefined"),
            json!(1.5),
            json!(1e300),
            json!(true),
            json!(["a"]),
            json!({"id": 7}),
        ] {
            assert_eq!(id(no_id.clone()), None, "{no_id}");
        }
    }

    #[test]
    fn only_true_is_true() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!("true"), Some(true)),
            (json!(false), Some(false)),
            (json!("false"), Some(false)),
            (json!("TRUE"), Some(false)),
            (json!("1"), Some(false)),
            (json!(1), Some(false)),
            (json!([true]), Some(false)),
            (json!(null), None),
        ] {
            let read: Checked = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(read.0, expected, "{value}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_not_there() {
        let read = |value| serde_json::from_value::<Address>(value).unwrap().0;

        assert_eq!(
            read(json!("ada@example.com")).unwrap().as_str(),
            "ada@example.com"
        );
        for value in [json!("ada"), json!(""), json!(null), json!(7), json!({})] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
    }

    #[test]
    fn a_picture_is_on_the_web() {
        let read = |value| serde_json::from_value::<Picture>(value).unwrap().0;

        assert!(read(json!("https://example.com/ada.png")).is_some());
        for value in [
            "javascript:alert(1)",
            "data:,x",
            "file:///etc/passwd",
            "ada.png",
            "",
        ] {
            assert_eq!(read(json!(value)), None, "{value}");
        }
    }

    #[test]
    fn parts_of_a_name_that_are_missing_leave_no_space() {
        let name = |text: &str| Name::from(json!(text));

        assert_eq!(
            Name::joined([name("Ada"), name(" Lovelace ")]),
            name("Ada Lovelace")
        );
        assert_eq!(Name::joined([name(""), name("Lovelace")]), name("Lovelace"));
        assert_eq!(Name::joined([name(" "), Name::default()]), Name(None));
    }
}
