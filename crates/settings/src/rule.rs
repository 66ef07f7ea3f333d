//! Rules: which texts a setting accepts, and their meaning.

use crate::{decode::Decode, value::Value};

/// The result of a check that is stricter than the setting's rule: the meaning of a text, or why it has
/// none. [`Settings::checked`](crate::Settings::checked) adds the name of the setting to the reason.
pub type Checked<T> = Result<T, String>;

/// Which texts a setting accepts, and their meaning.
pub struct Rule<T> {
    /// The accepted texts, as the end of a message that begins with "expects".
    pub expects: &'static str,
    /// The meaning of a text; `None` when it is none of them.
    pub parse: fn(&str) -> Option<T>,
}

impl<T> Rule<T> {
    /// Texts that `parse` accepts; `expects` ends a message that begins with "expects".
    #[must_use]
    pub const fn new(expects: &'static str, parse: fn(&str) -> Option<T>) -> Self {
        Self { expects, parse }
    }
}

impl Rule<String> {
    /// Any text, also an empty one.
    pub const ANY: Self = Self::new("text", |text| Some(text.to_owned()));

    /// Any text but an empty one.
    pub const NOT_BLANK: Self = Self::new("text that is not blank", |text| {
        (!text.trim().is_empty()).then(|| text.to_owned())
    });
}

/// A rule without the type of its meaning.
pub(crate) trait Texts: Sync {
    /// See [`Rule::expects`].
    fn expects(&self) -> &'static str;

    /// Whether the rule accepts a text.
    fn holds(&self, text: &str) -> bool;
}

impl<T> Texts for Rule<T> {
    fn expects(&self) -> &'static str {
        self.expects
    }

    fn holds(&self, text: &str) -> bool {
        (self.parse)(text).is_some()
    }
}

impl<T> Decode<T> for Rule<T> {
    fn decode(&self, value: &Value) -> Option<T> {
        match value {
            Value::Text(text) => (self.parse)(text),
            _ => None,
        }
    }
}

/// Items of a list that a rule accepts.
impl<T> Decode<Vec<T>> for Rule<T> {
    fn decode(&self, value: &Value) -> Option<Vec<T>> {
        match value {
            Value::List(items) => items.iter().map(|item| (self.parse)(item)).collect(),
            _ => None,
        }
    }
}
