//! Which values a setting takes, and how they are read from text and from TOML.

use std::time::Duration;

use toml::de::{DeArray, DeInteger, DeValue};

use super::{go_duration, rule::Rule, value::Value};

/// Which values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Yes or no.
    Flag,
    /// A whole number between two bounds, both included.
    Integer(i64, i64),
    /// A whole number of seconds between two bounds, both included.
    Seconds(i64, i64),
    /// A length of time with its unit.
    Duration,
    /// One of several words; capitals do not matter.
    Choice(&'static [&'static str]),
    /// Text that a rule accepts.
    Text(&'static Rule),
    /// Items that a rule accepts, with commas between them in a variable.
    List(&'static Rule),
}

impl Kind {
    /// Reads a value as a variable spells it; `None` when it does not fit.
    pub(crate) fn read_text(self, text: &str) -> Option<Value> {
        match self {
            Self::Flag => go_bool(text).map(Value::Flag),
            Self::Integer(min, max) | Self::Seconds(min, max) => {
                within(text.parse().ok()?, min, max)
            }
            Self::Duration => go_duration::parse(text).map(Value::Duration),
            Self::Choice(words) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .map(|word| Value::Text((*word).to_owned())),
            Self::Text(rule) => (rule.holds)(text).then(|| Value::Text(text.to_owned())),
            Self::List(_) => self.read_items(text.split(',')),
        }
    }

    /// The items of a list that do not fit.
    pub(crate) fn misfits<'a>(
        self,
        items: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = &'a str> {
        let fits = move |item: &str| match self {
            Self::List(rule) => item.is_empty() || (rule.holds)(item),
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

    /// What it takes, to go on from "expects".
    pub(crate) fn expects(self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Self::Seconds(min, max) => format!("whole seconds from {min} to {max}"),
            Self::Duration => "a length of time such as 90s, 5m or 1h30m".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Text(rule) => rule.expects.to_owned(),
            Self::List(rule) => format!("a list, each item {}", rule.expects),
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

fn list<'a>(items: impl Iterator<Item = &'a str>, rule: &Rule) -> Option<Value> {
    items
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| (rule.holds)(item).then(|| item.to_owned()))
        .collect::<Option<_>>()
        .map(Value::List)
}

fn strings<'a>(items: &'a DeArray<'_>) -> Option<Vec<&'a str>> {
    items.iter().map(|item| item.get_ref().as_str()).collect()
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Whole seconds as a length of time; the bounds of every setting exclude negative numbers.
pub(crate) fn seconds(number: i64) -> Duration {
    Duration::from_secs(u64::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(text: &str) -> Option<Value> {
        Kind::Flag.read_text(text)
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
        let kind = Kind::Integer(4, 16);

        assert_eq!(kind.read_text("4"), Some(Value::Integer(4)));
        assert_eq!(kind.read_text("16"), Some(Value::Integer(16)));
        for text in ["3", "17", "-4", "1e1", "ten", "", "99999999999999999999"] {
            assert_eq!(kind.read_text(text), None, "{text}");
        }
    }

    #[test]
    fn choices_disregard_capitals() {
        let kind = Kind::Choice(&["lax", "none"]);

        assert_eq!(kind.read_text("Lax"), Some(Value::Text("lax".to_owned())));
        assert_eq!(kind.read_text("strict"), None);
    }

    #[test]
    fn list_items_are_trimmed_and_blank_ones_dropped() {
        let expected = Value::List(vec!["user".to_owned(), "me".to_owned()]);

        assert_eq!(
            Kind::List(&Rule::ROLE).read_text(" user ,, me,"),
            Some(expected)
        );
    }

    #[test]
    fn one_wrong_item_spoils_a_list() {
        assert_eq!(Kind::List(&Rule::LOCALE).read_text("en,english"), None);
    }

    #[test]
    fn toml_values_have_to_be_of_the_right_type() {
        let read = |kind: Kind, text: &str| {
            let value = DeValue::parse(text).unwrap();
            kind.read_toml(value.get_ref())
        };

        assert_eq!(
            read(Kind::Integer(0, 5000), "4_000"),
            Some(Value::Integer(4000))
        );
        assert_eq!(
            read(Kind::Integer(0, 5000), "0xFA0"),
            Some(Value::Integer(4000))
        );
        assert_eq!(read(Kind::Integer(0, 5000), "\"4000\""), None);
        assert_eq!(read(Kind::Flag, "true"), Some(Value::Flag(true)));
        assert_eq!(read(Kind::Flag, "1"), None);
        assert_eq!(
            read(Kind::Duration, "\"5m\""),
            Some(Value::Duration(Duration::from_mins(5)))
        );
        assert_eq!(read(Kind::List(&Rule::ANY), "[1]"), None);
        assert_eq!(
            read(Kind::List(&Rule::ANY), "[\"a\", \" b \"]"),
            Some(Value::List(vec!["a".to_owned(), "b".to_owned()]))
        );
    }
}
