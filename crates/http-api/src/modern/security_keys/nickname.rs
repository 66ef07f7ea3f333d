//! The name of a key.

use auth_domain::security_key::KeyNickname;
use serde::{Deserialize, Deserializer, de::Error};

use crate::extract::schema::{schema, text};

/// Up to 255 characters, none of which controls lines or the direction of text.
pub(in crate::modern) struct Nickname(pub(super) KeyNickname);

schema!(
    Nickname,
    "SecurityKeyNickname",
    text()
        .pattern(Some(r"^[^\x00-\x1F\x7F-\x9F]*$"))
        .max_length(Some(KeyNickname::MAX_CHARS))
);

impl<'de> Deserialize<'de> for Nickname {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        KeyNickname::parse(&text).map(Self).map_err(Error::custom)
    }
}
