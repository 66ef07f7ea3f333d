//! The effective value of every setting, with where it comes from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    time::Duration,
};

use auth_domain::secret::Secret;

use super::{
    kind::seconds,
    setting::{Setting, Status, Switch},
    source::Source,
    table,
    value::Value,
};

/// The effective value of every setting that has one, with where it comes from.
///
/// The accessors are named after the kind of setting they are for. Asking with another one is a
/// mistake in the code, which every test that reads a configuration finds.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, (Value, Source)>,
    rejected: BTreeSet<&'static str>,
}

impl Settings {
    /// Gives `setting` a value.
    pub(super) fn set(&mut self, setting: &Setting, value: Value, source: Source) {
        self.values.insert(setting.key, (value, source));
    }

    /// Takes the value of `setting` away.
    pub(super) fn unset(&mut self, setting: &Setting) {
        self.values.remove(setting.key);
    }

    /// Notes that `setting` was set to something it cannot be, which was told already.
    pub(super) fn reject(&mut self, setting: &Setting) {
        self.rejected.insert(setting.key);
    }

    /// Whether nobody set `setting`, not even to something it cannot be.
    pub(crate) fn is_missing(&self, setting: &Setting) -> bool {
        self.find(setting).is_none() && !self.rejected.contains(setting.key)
    }

    /// Whether somebody set `setting`, be it to its default.
    pub(crate) fn is_set(&self, setting: &Setting) -> bool {
        let source = self.find(setting).map(|(_, source)| source);
        source.is_some_and(|source| *source != Source::Default)
    }

    /// Whether a value of `setting` changes anything: it is built, and what it is part of is on.
    pub(crate) fn has_effect(&self, setting: &Setting) -> bool {
        let is_built = !matches!(setting.status, Status::NotYet(_));
        is_built
            && match setting.switch {
                None => true,
                Some(Switch::On(switch)) => self.is_on(switch),
                Some(Switch::Off(switch)) => !self.is_on(switch),
            }
    }

    fn is_on(&self, switch: &Setting) -> bool {
        match self.value(switch) {
            Some(Value::Flag(flag)) => *flag,
            Some(Value::Integer(number)) => *number != 0,
            Some(Value::List(items)) => !items.is_empty(),
            Some(Value::Text(_) | Value::Duration(_)) => true,
            None => false,
        }
    }

    /// Whether nobody set `setting`, or to something it cannot be.
    pub(crate) fn is_unset(&self, setting: &Setting) -> bool {
        !self.is_set(setting) && !self.rejected.contains(setting.key)
    }

    /// Whether `setting` was set while the server serves.
    pub(crate) fn is_changed(&self, setting: &Setting) -> bool {
        let source = self.find(setting).map(|(_, source)| source);
        matches!(source, Some(Source::Change(_)))
    }

    /// The value of `setting` with where it comes from.
    pub(crate) fn find(&self, setting: &Setting) -> Option<&(Value, Source)> {
        self.values.get(setting.key)
    }

    /// Every setting with its value, in the order of the table.
    pub(crate) fn iter(
        &self,
    ) -> impl Iterator<Item = (&'static Setting, Option<&(Value, Source)>)> {
        table::settings().map(|setting| (setting, self.find(setting)))
    }

    /// How to name `setting` to the person who set it.
    pub(crate) fn name(&self, setting: &Setting) -> String {
        self.find(setting)
            .map_or_else(|| setting.variable.to_owned(), |(_, it)| it.name(setting))
    }

    /// The value of a flag.
    pub(crate) fn flag(&self, setting: &Setting) -> bool {
        match self.value(setting) {
            Some(Value::Flag(flag)) => *flag,
            _ => mismatch(setting),
        }
    }

    /// The value of a number.
    pub(crate) fn integer(&self, setting: &Setting) -> i64 {
        match self.value(setting) {
            Some(Value::Integer(number)) => *number,
            _ => mismatch(setting),
        }
    }

    /// The value of a number as another type that holds all it can be.
    pub(crate) fn number<T: TryFrom<i64> + Default>(&self, setting: &Setting) -> T {
        T::try_from(self.integer(setting)).unwrap_or_else(|_| mismatch(setting))
    }

    /// The value of a number of seconds.
    pub(crate) fn seconds(&self, setting: &Setting) -> Duration {
        seconds(self.integer(setting))
    }

    /// The value of a number of seconds that need not be set.
    pub(crate) fn optional_seconds(&self, setting: &Setting) -> Option<Duration> {
        self.find(setting).map(|_| self.seconds(setting))
    }

    /// The value of a length of time.
    pub(crate) fn duration(&self, setting: &Setting) -> Duration {
        match self.value(setting) {
            Some(Value::Duration(duration)) => *duration,
            _ => mismatch(setting),
        }
    }

    /// The value of a text, if there is one.
    pub(crate) fn text(&self, setting: &Setting) -> Option<&str> {
        match self.value(setting) {
            Some(Value::Text(text)) => Some(text),
            None => None,
            _ => mismatch(setting),
        }
    }

    /// The value of a secret text, if there is one.
    pub(crate) fn secret(&self, setting: &Setting) -> Option<Secret> {
        self.text(setting).map(Secret::new)
    }

    /// The value of a list; nothing set is an empty one.
    pub(crate) fn list(&self, setting: &Setting) -> &[String] {
        match self.value(setting) {
            Some(Value::List(items)) => items,
            None => &[],
            _ => mismatch(setting),
        }
    }

    /// The value of a text as the type that `parse` makes of it.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, String> {
        let text = self.text(setting).unwrap_or_default();
        parse(text).map_err(|error| format!("{}: {error}", self.name(setting)))
    }

    /// The value of a list as the type that `parse` makes of each item.
    pub(crate) fn parsed_list<T, E: Display>(
        &self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, String> {
        let items = self.list(setting).iter().map(|item| parse(item));
        items
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{}: {error}", self.name(setting)))
    }

    /// The meaning of a choice.
    pub(crate) fn choice<T: Copy>(
        &self,
        setting: &Setting,
        meanings: &[(&str, T)],
    ) -> Result<T, String> {
        self.parsed(setting, |text| {
            let found = meanings.iter().find(|(word, _)| *word == text);
            found
                .map(|(_, meaning)| *meaning)
                .ok_or_else(|| format!("{text:?} has no meaning"))
        })
    }

    fn value(&self, setting: &Setting) -> Option<&Value> {
        self.find(setting).map(|(value, _)| value)
    }
}

/// An accessor does not fit the kind of its setting.
fn mismatch<T: Default>(setting: &Setting) -> T {
    debug_assert!(false, "{} is of another kind", setting.key);
    T::default()
}
