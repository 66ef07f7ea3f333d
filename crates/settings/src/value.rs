//! A value that fits its setting.

use std::time::Duration;

use crate::go_duration;

/// A value that fits its setting. It may be a secret, so `Debug` exists in tests only.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number, possibly of seconds.
    Integer(i64),
    /// A length of time.
    Duration(Duration),
    /// Text, or one of several words.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// The value as a TOML file spells it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let value = match self {
            Self::Flag(flag) => toml::Value::Boolean(*flag),
            Self::Integer(number) => toml::Value::Integer(*number),
            Self::Duration(duration) => toml::Value::String(go_duration::format(*duration)),
            Self::Text(text) => toml::Value::String(text.clone()),
            Self::List(items) => {
                toml::Value::Array(items.iter().cloned().map(toml::Value::String).collect())
            }
        };
        value.to_string()
    }
}
