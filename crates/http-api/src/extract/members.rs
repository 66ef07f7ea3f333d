//! Members of JSON bodies that decode straight into domain types.

use std::{fmt, marker::PhantomData, sync::LazyLock};

use auth_domain::{
    session::CodeChallenge,
    user::{DisplayName, EmailAddress, Locale, Metadata, PhoneNumber, PlainPassword, Role},
};
use regex::Regex;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::openapi::{KnownFormat, SchemaFormat};

use super::{
    escaped_nul::holds_nul,
    schema::{schema, text},
};

/// A member that may be absent but not `null`.
pub(crate) fn non_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The same of an object.
pub(crate) fn non_null_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    FromObject::deserialize(deserializer).map(|it| Some(it.0))
}

/// What is an object in JSON. Left alone, serde reads a structure from a list as well.
pub(crate) struct FromObject<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = FromObject<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(FromObject)
    }
}

/// `type: string, format: email` of the modern API.
pub(crate) struct Email(pub(crate) EmailAddress);

schema!(
    Email,
    "Email",
    text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .max_length(Some(254))
);

/// A phone number, however it is written.
pub(crate) struct Phone(pub(crate) PhoneNumber);

schema!(
    Phone,
    "PhoneNumber",
    text()
        .pattern(Some(
            r"^[^\x00-\x1F\x7F-\x9F]*[^\x00-\x1F\x7F-\x9F\s][^\x00-\x1F\x7F-\x9F]*$"
        ))
        .max_length(Some(64))
);

/// Fewest characters of a password.
const PASSWORD_MIN: usize = 3;

/// Most characters of a password that is chosen.
const PASSWORD_MAX: usize = 50;

/// 3 to 50 characters.
pub(crate) struct Password(pub(crate) PlainPassword);

schema!(
    Password,
    "Password",
    password().max_length(Some(PASSWORD_MAX))
);

fn password() -> utoipa::openapi::ObjectBuilder {
    text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .min_length(Some(PASSWORD_MIN))
}

/// A password that was chosen earlier, perhaps by the rule of the legacy API, which has no longest
/// one: at least 3 characters.
pub(crate) struct ExistingPassword(pub(crate) PlainPassword);

schema!(ExistingPassword, "KnownPassword", password());

/// The pattern and length of `displayName`.
///
/// What is described allows more than what is decoded: without the flag `u`, ECMA-262 has no name
/// for letters, marks, numbers and symbols, so only control characters and ASCII punctuation are
/// excluded; and it counts characters as they are sent, before they are composed.
pub(crate) struct Name(pub(crate) DisplayName);

schema!(
    Name,
    "DisplayName",
    text()
        .pattern(Some(
            r##"^[^\x00-\x1F\x7F-\x9F!"#%&\(\)*\/:;?@\[\\\]_\{\}]+$"##
        ))
        .description(Some(
            "1 to 32 letters, marks, numbers and symbols of any script, spaces, and the punctuation \
             of names, such as `,.'’-`. Composed by NFC."
        ))
        .max_length(Some(DisplayName::MAX_CHARS_AS_SENT))
);

/// Exactly two characters. One that cannot be a language is `None`: it is not offered, and so
/// replaced by the default like any other that is not.
pub(crate) struct Language(pub(crate) Option<Locale>);

schema!(
    Language,
    "Locale",
    text().min_length(Some(2)).max_length(Some(2))
);

/// A role.
pub(crate) struct RoleName(pub(crate) Role);

schema!(
    RoleName,
    "Role",
    text()
        .pattern(Some(r"^[^\x00-\x1F\x7F-\x9F]+$"))
        .max_length(Some(255))
);

/// A code challenge of PKCE.
pub(crate) struct Challenge(pub(crate) CodeChallenge);

// 32 bytes fill 42 characters of base64url and four bits of the last one.
schema!(
    Challenge,
    "CodeChallenge",
    text().pattern(Some("^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"))
);

impl<'de> Deserialize<'de> for Challenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        CodeChallenge::parse(&text).map(Self).map_err(Error::custom)
    }
}

/// Any JSON object.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Object(pub(crate) Metadata);

/// An object, written as text in a query.
pub(crate) struct ObjectText(pub(crate) Metadata);

schema!(ObjectText, "ObjectText", text());

/// Roles in a query, with commas in between.
pub(crate) struct RoleList(pub(crate) Vec<Role>);

schema!(RoleList, "RoleList", text());

/// Text with a lower-case UUID somewhere in it, as the original's pattern has it: anything more
/// than the UUID passes as a request, and then is no token.
pub(crate) struct UuidLike(pub(crate) String);

/// Not anchored, as in the original.
const UUID_PATTERN: &str = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}";

schema!(UuidLike, "UuidText", text().pattern(Some(UUID_PATTERN)));

#[expect(clippy::expect_used, reason = "a constant, which tests below read")]
static UUID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(UUID_PATTERN).expect("the pattern is a regular expression"));

impl<'de> Deserialize<'de> for UuidLike {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if UUID.is_match(&text) {
            Ok(Self(text))
        } else {
            Err(Error::custom("string doesn't match the pattern of a UUID"))
        }
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        EmailAddress::parse(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PhoneNumber::parse(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.chars().take(PASSWORD_MAX + 1).count() {
            0..PASSWORD_MIN => Err(Error::custom("minimum string length is 3")),
            PASSWORD_MIN..=PASSWORD_MAX => Ok(Self(PlainPassword::new(text))),
            _ => Err(Error::custom("maximum string length is 50")),
        }
    }
}

impl<'de> Deserialize<'de> for ExistingPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().take(PASSWORD_MIN).count() < PASSWORD_MIN {
            return Err(Error::custom("minimum string length is 3"));
        }
        Ok(Self(PlainPassword::new(text)))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DisplayName::parse(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.chars().take(3).count() {
            2 => Ok(Self(Locale::parse(&text).ok())),
            _ => Err(Error::custom("string length has to be 2")),
        }
    }
}

impl<'de> Deserialize<'de> for ObjectText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if holds_nul(text.as_bytes()) {
            return Err(Error::custom("the character U+0000 is not allowed"));
        }
        // serde_json's message on a syntax error may repeat what the client wrote.
        let object = serde_json::from_str::<FromObject<Metadata>>(&text);
        let object = object.map_err(|_invalid| Error::custom("not a JSON object"))?;
        Ok(Self(object.0))
    }
}

impl<'de> Deserialize<'de> for RoleList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let roles = text.split(',').map(|it| Role::parse(it.trim()));
        roles
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Role::parse(&text).map(Self).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};
    use utoipa::ToSchema;

    use super::*;

    /// Checks that decoding and schema accept the one and refuse the other.
    fn agree<T>(good: &[Value], bad: &[Value])
    where
        T: ToSchema + for<'de> Deserialize<'de>,
    {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let schema = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        for (values, expected) in [(good, true), (bad, false)] {
            for value in values {
                assert_eq!(schema.is_valid(value), expected, "schema: {value}");
                let decoded = from_value::<T>(value.clone());
                assert_eq!(decoded.is_ok(), expected, "decoding: {value}");
            }
        }
    }

    fn long(length: usize) -> Value {
        "ü".repeat(length).into()
    }

    #[test]
    fn the_schema_of_a_password_has_the_limits_of_its_decoding() {
        agree::<Password>(
            &[long(3), long(50)],
            &[long(2), long(51), json!(null), json!(1)],
        );
        agree::<ExistingPassword>(&[long(3), long(51)], &[long(2), json!(null)]);
    }

    #[test]
    fn the_schema_of_an_address_has_the_limits_of_its_decoding() {
        let domain = ["a".repeat(60).as_str(); 3].join(".");
        let of_length = |length: usize| {
            let local = "a".repeat(length - domain.len() - "@.com".len());
            Value::from(format!("{local}@{domain}.com"))
        };
        agree::<Email>(
            &[json!("ada@example.com"), of_length(240)],
            &[
                json!("ada"),
                json!("ada@"),
                json!("@example.com"),
                of_length(255),
            ],
        );
    }

    #[test]
    fn the_schema_of_a_phone_number_has_the_limits_of_its_decoding() {
        agree::<Phone>(
            &[
                json!("+41 79 000 00 00"),
                json!("x"),
                json!(" 1 "),
                long(64),
            ],
            &[
                json!(""),
                json!("  "),
                json!("+41\n"),
                json!("\u{85}1"),
                long(65),
                json!(41),
            ],
        );
    }

    #[test]
    fn the_schema_of_a_name_has_the_limits_of_its_decoding() {
        agree::<Name>(
            &[
                json!("Ada L."),
                json!("O'Hara-Ñandú €5"),
                json!("क्षमा O’Brien"),
                long(32),
            ],
            &[
                json!(""),
                json!("a/b"),
                json!("a@b"),
                json!("a\n"),
                long(129),
            ],
        );
        // Not every dialect of patterns has a name for these, nor counts composed characters.
        for narrower in [
            long(33),
            json!("a\u{2028}"),
            json!("\u{202e}ada"),
            json!("\u{2066}ada"),
        ] {
            assert!(from_value::<Name>(narrower).is_err());
        }
        for ascii in (0..=127).map(char::from) {
            let name = json!(format!("a{ascii}"));
            let (good, bad) = match DisplayName::parse(&format!("a{ascii}")) {
                Ok(_) => (vec![name], vec![]),
                Err(_) => (vec![], vec![name]),
            };
            agree::<Name>(&good, &bad);
        }
        agree::<RoleName>(
            &[json!("user"), long(255)],
            &[json!(""), json!("a\tb"), json!("a\n"), long(256)],
        );
        agree::<Language>(
            &[json!("de"), json!("üü")],
            &[json!("d"), json!("deu"), json!("")],
        );
    }

    #[test]
    fn the_schema_of_a_challenge_has_the_limits_of_its_decoding() {
        let challenge = |last| Value::from(format!("{}{last}", "b".repeat(42)));
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=".chars() {
            let text = challenge(last);
            let (good, bad) = match CodeChallenge::parse(text.as_str().unwrap()) {
                Ok(_) => (vec![text], vec![]),
                Err(_) => (vec![], vec![text]),
            };
            agree::<Challenge>(&good, &bad);
        }
        agree::<Challenge>(&[challenge('A')], &[json!("b"), json!("b".repeat(44))]);
    }

    #[test]
    fn the_schema_of_a_token_has_the_pattern_of_its_decoding() {
        let id = "8c3e1f2a-0b4d-4c5e-9f60-a1b2c3d4e5f6";
        agree::<UuidLike>(
            &[json!(id), json!(format!("{id}x"))],
            &[json!(id.to_uppercase()), json!("")],
        );
    }
}
