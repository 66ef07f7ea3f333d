//! Which texts a setting takes, and what they become.

use crate::{decode::Decode, value::Value};

/// What is left of a text that was looked at more closely than its setting promises: its meaning, or why it
/// has none. [`Settings::checked`](crate::Settings::checked) adds the name of the setting to the reason.
pub type Checked<T> = Result<T, String>;

/// Which texts a setting takes, and what they become.
pub struct Rule<T> {
    /// What they are, to go on from "expects".
    pub expects: &'static str,
    /// The meaning of a text; `None` when it is none of them.
    pub parse: fn(&str) -> Option<T>,
}

impl<T> Rule<T> {
    /// Texts that `parse` makes something of: `expects` goes on from "expects".
    #[must_use]
    pub const fn new(expects: &'static str, parse: fn(&str) -> Option<T>) -> Self {
        Self { expects, parse }
    }
}

impl Rule<String> {
    /// Anything at all.
    pub const ANY: Self = Self::new("text", |text| Some(text.to_owned()));

    /// A text that is there.
    pub const NOT_BLANK: Self = Self::new("text that is not blank", |text| {
        (!text.trim().is_empty()).then(|| text.to_owned())
    });
}

/// A rule without the type of what its texts become.
pub(crate) trait Texts: Sync {
    /// See [`Rule::expects`].
    fn expects(&self) -> &'static str;

    /// Whether a text is one of them.
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
