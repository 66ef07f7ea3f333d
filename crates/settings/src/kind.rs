//! Which values a setting takes, and how they are read from text and from TOML.

use std::time::Duration;

use toml::de::{DeArray, DeInteger, DeValue};

use crate::{
    decode::Decode,
    go_duration,
    rule::{Rule, Texts},
    value::Value,
};

/// Which values a setting takes, and the type they have.
pub struct Kind<T: 'static> {
    pub(crate) form: Form,
    pub(crate) decode: &'static dyn Decode<T>,
}

impl<T> Clone for Kind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kind<T> {}

impl Kind<bool> {
    /// Yes or no.
    pub const FLAG: Self = Self {
        form: Form::Flag,
        decode: &Flag,
    };
}

impl Kind<Duration> {
    /// A length of time with its unit.
    pub const DURATION: Self = Self {
        form: Form::Duration,
        decode: &Length,
    };

    /// A whole number of seconds between two bounds, both included.
    ///
    /// # Panics
    ///
    /// When it is compiled as a constant, unless `0 <= min <= max`.
    #[must_use]
    pub const fn seconds(min: i64, max: i64) -> Self {
        assert!(0 <= min && min <= max, "time does not run backwards");
        Self {
            form: Form::Seconds(min, max),
            decode: &Length,
        }
    }
}

impl<N: Number> Kind<N> {
    /// A whole number between two bounds, both included.
    ///
    /// # Panics
    ///
    /// When it is compiled as a constant, with bounds that its type does not hold.
    #[must_use]
    pub const fn integer(min: i64, max: i64) -> Self {
        assert!(
            N::LEAST <= min && min <= max && max <= N::MOST,
            "the type is too small"
        );
        Self {
            form: Form::Integer(min, max),
            decode: &Integer,
        }
    }
}

impl<T: Copy + Sync> Kind<T> {
    /// One of several words, each with its meaning; capitals do not matter.
    #[must_use]
    pub const fn choice<const N: usize>(choices: &'static [(&'static str, T); N]) -> Self {
        Self {
            form: Form::Choice(choices),
            decode: choices,
        }
    }
}

impl<T> Kind<T> {
    /// A text that a rule accepts.
    #[must_use]
    pub const fn text(rule: &'static Rule<T>) -> Self {
        Self {
            form: Form::Text(rule),
            decode: rule,
        }
    }
}

impl<T> Kind<Vec<T>> {
    /// Items that a rule accepts, with commas between them in a variable.
    #[must_use]
    pub const fn list(rule: &'static Rule<T>) -> Self {
        Self {
            form: Form::List(rule),
            decode: rule,
        }
    }
}

/// Whole numbers that a setting can be.
pub trait Number: Sized + 'static {
    /// The least one that is also an `i64`.
    const LEAST: i64;
    /// The greatest one that is also an `i64`.
    const MOST: i64;

    /// The same number; `None` when this type does not hold it.
    fn of(number: i64) -> Option<Self>;
}

macro_rules! number {
    ($type:ty, $most:expr) => {
        impl Number for $type {
            const LEAST: i64 = 0;
            const MOST: i64 = $most;

            fn of(number: i64) -> Option<Self> {
                Self::try_from(number).ok()
            }
        }
    };
}

number!(u16, 0xffff);
number!(u32, 0xffff_ffff);
number!(u64, i64::MAX);
// No platform that this runs on has fewer bits.
number!(usize, 0xffff_ffff);

struct Flag;

impl Decode<bool> for Flag {
    fn decode(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }
}

struct Integer;

impl<N: Number> Decode<N> for Integer {
    fn decode(&self, value: &Value) -> Option<N> {
        match value {
            Value::Integer(number) => N::of(*number),
            _ => None,
        }
    }
}

struct Length;

impl Decode<Duration> for Length {
    fn decode(&self, value: &Value) -> Option<Duration> {
        match value {
            Value::Integer(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }
}

impl<T: Copy + Sync, const N: usize> Decode<T> for [(&'static str, T); N] {
    fn decode(&self, value: &Value) -> Option<T> {
        let Value::Text(text) = value else {
            return None;
        };
        let found = self.iter().find(|(word, _)| word == text);
        found.map(|(_, meaning)| *meaning)
    }
}

/// Choices without the type of their meanings.
pub(crate) trait Words: Sync {
    fn words(&self) -> Vec<&'static str>;
}

impl<T: Sync, const N: usize> Words for [(&'static str, T); N] {
    fn words(&self) -> Vec<&'static str> {
        self.iter().map(|(word, _)| *word).collect()
    }
}

/// A kind without the type of its values.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Flag,
    Integer(i64, i64),
    Seconds(i64, i64),
    Duration,
    Choice(&'static dyn Words),
    Text(&'static dyn Texts),
    List(&'static dyn Texts),
}

impl Form {
    /// Reads a value as a variable spells it; `None` when it does not fit.
    pub(crate) fn read_text(self, text: &str) -> Option<Value> {
        match self {
            Self::Flag => go_bool(text).map(Value::Flag),
            Self::Integer(min, max) | Self::Seconds(min, max) => {
                within(text.parse().ok()?, min, max)
            }
            Self::Duration => go_duration::parse(text).map(Value::Duration),
            Self::Choice(choices) => (choices.words().into_iter())
                .find(|word| word.eq_ignore_ascii_case(text))
                .map(|word| Value::Text(word.to_owned())),
            Self::Text(rule) => rule.holds(text).then(|| Value::Text(text.to_owned())),
            Self::List(_) => self.read_items(text.split(',')),
        }
    }

    /// The items of a list that do not fit.
    pub(crate) fn misfits<'a>(
        self,
        items: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = &'a str> {
        let fits = move |item: &str| match self {
            Self::List(rule) => item.is_empty() || rule.holds(item),
            _ => true,
        };
        items.map(str::trim).filter(move |item| !fits(item))
    }

    /// Reads a value as a TOML file spells it; `None` when it does not fit.
    pub(crate) fn read_toml(self, value: &DeValue<'_>) -> Option<Value> {
        match (self, value) {
            (Self::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Self::Integer(min, max) | Self::Seconds(min, max), DeValue::Integer(number)) => {
                within(integer(number)?, min, max)
            }
            (Self::Duration | Self::Choice(_) | Self::Text(_), DeValue::String(text)) => {
                self.read_text(text)
            }
            (Self::List(_), DeValue::Array(items)) => self.read_items(strings(items)?.into_iter()),
            _ => None,
        }
    }

    /// Reads a list whose items are given one by one; `None` when one of them does not fit.
    pub(crate) fn read_items<'a>(self, items: impl Iterator<Item = &'a str>) -> Option<Value> {
        match self {
            Self::List(rule) => list(items, rule),
            _ => None,
        }
    }

    /// The accepted values, as the end of a message that begins with "expects".
    pub(crate) fn expects(self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Self::Seconds(min, max) => format!("whole seconds from {min} to {max}"),
            Self::Duration => "a length of time such as 90s, 5m or 1h30m".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.words().join(", ")),
            Self::Text(rule) => rule.expects().to_owned(),
            Self::List(rule) => format!("a list, each item {}", rule.expects()),
        }
    }
}

/// The spellings of Go's `strconv.ParseBool`, which Hasura Auth reads flags with.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn within(number: i64, min: i64, max: i64) -> Option<Value> {
    (min..=max)
        .contains(&number)
        .then_some(Value::Integer(number))
}

fn list<'a>(items: impl Iterator<Item = &'a str>, rule: &dyn Texts) -> Option<Value> {
    items
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| rule.holds(item).then(|| item.to_owned()))
        .collect::<Option<_>>()
        .map(Value::List)
}

fn strings<'a>(items: &'a DeArray<'_>) -> Option<Vec<&'a str>> {
    items.iter().map(|item| item.get_ref().as_str()).collect()
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: Rule<char> = Rule::new("a letter", |text| text.parse().ok());

    fn flag(text: &str) -> Option<Value> {
        Form::Flag.read_text(text)
    }

    #[test]
    fn flags_are_read_as_go_reads_them() {
        for text in ["1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(flag(text), Some(Value::Flag(true)), "{text}");
        }
        for text in ["0", "f", "F", "false", "FALSE", "False"] {
            assert_eq!(flag(text), Some(Value::Flag(false)), "{text}");
        }
        for text in ["yes", "on", "tRUE", " true", "2"] {
            assert_eq!(flag(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let kind = Form::Integer(4, 16);

        assert_eq!(kind.read_text("4"), Some(Value::Integer(4)));
        assert_eq!(kind.read_text("16"), Some(Value::Integer(16)));
        for text in ["3", "17", "-4", "1e1", "ten", "", "99999999999999999999"] {
            assert_eq!(kind.read_text(text), None, "{text}");
        }
    }

    #[test]
    fn choices_disregard_capitals() {
        let kind = Kind::choice(&[("lax", 1), ("none", 2)]).form;

        assert_eq!(kind.read_text("Lax"), Some(Value::Text("lax".to_owned())));
        assert_eq!(kind.read_text("strict"), None);
    }

    #[test]
    fn list_items_are_trimmed_and_blank_ones_dropped() {
        let expected = Value::List(vec!["user".to_owned(), "me".to_owned()]);

        assert_eq!(
            Form::List(&Rule::ANY).read_text(" user ,, me,"),
            Some(expected)
        );
    }

    #[test]
    fn one_wrong_item_spoils_a_list() {
        assert_eq!(Form::List(&LETTER).read_text("a,bc"), None);
    }

    #[test]
    fn toml_values_have_to_be_of_the_right_type() {
        let read = |kind: Form, text: &str| {
            let value = DeValue::parse(text).unwrap();
            kind.read_toml(value.get_ref())
        };

        assert_eq!(
            read(Form::Integer(0, 5000), "4_000"),
            Some(Value::Integer(4000))
        );
        assert_eq!(
            read(Form::Integer(0, 5000), "0xFA0"),
            Some(Value::Integer(4000))
        );
        assert_eq!(read(Form::Integer(0, 5000), "\"4000\""), None);
        assert_eq!(read(Form::Flag, "true"), Some(Value::Flag(true)));
        assert_eq!(read(Form::Flag, "1"), None);
        assert_eq!(
            read(Form::Duration, "\"5m\""),
            Some(Value::Duration(Duration::from_mins(5)))
        );
        assert_eq!(read(Form::List(&Rule::ANY), "[1]"), None);
        assert_eq!(
            read(Form::List(&Rule::ANY), "[\"a\", \" b \"]"),
            Some(Value::List(vec!["a".to_owned(), "b".to_owned()]))
        );
    }
}
