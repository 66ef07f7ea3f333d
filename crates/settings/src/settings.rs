//! The effective value of every setting, with where it comes from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use crate::{
    rule::Checked,
    setting::{Optional, Presence, Row, Setting, Support, Switch},
    source::Source,
    table::Table,
    value::Value,
};

/// The effective value of every setting that has one, with where it comes from.
#[derive(Clone)]
pub struct Settings {
    table: &'static Table,
    values: BTreeMap<&'static str, (Value, Source)>,
    rejected: BTreeSet<&'static str>,
}

impl Settings {
    pub(crate) fn nothing(table: &'static Table) -> Self {
        Self {
            table,
            values: BTreeMap::new(),
            rejected: BTreeSet::new(),
        }
    }

    /// Gives `setting` a value.
    pub fn set(&mut self, setting: &Row, value: Value, source: Source) {
        self.values.insert(setting.key, (value, source));
    }

    /// Takes the value of `setting` away.
    pub fn unset(&mut self, setting: &Row) {
        self.values.remove(setting.key);
    }

    /// Notes that `setting` was set to an invalid value, which was reported already.
    pub(crate) fn reject(&mut self, setting: &Row) {
        self.rejected.insert(setting.key);
    }

    /// Whether `setting` is not set, not even to an invalid value.
    #[must_use]
    pub fn is_missing(&self, setting: &Row) -> bool {
        self.found(setting).is_none() && !self.rejected.contains(setting.key)
    }

    /// Whether an operator set `setting`, be it to its default.
    #[must_use]
    pub fn is_set(&self, setting: &Row) -> bool {
        let source = self.found(setting).map(|(_, source)| source);
        source.is_some_and(|source| *source != Source::Default)
    }

    /// Whether a value of `setting` has an effect: it is supported, and its feature is on.
    #[must_use]
    pub fn has_effect(&self, setting: &Row) -> bool {
        let is_built = !matches!(setting.support, Support::Warn(_));
        is_built
            && match setting.switch {
                None => true,
                Some(Switch::On(switch)) => self.is_on(switch),
                Some(Switch::Off(switch)) => !self.is_on(switch),
            }
    }

    fn is_on(&self, switch: &Row) -> bool {
        match self.value(switch) {
            Some(Value::Flag(flag)) => *flag,
            Some(Value::Integer(number)) => *number != 0,
            Some(Value::List(items)) => !items.is_empty(),
            Some(Value::Text(_) | Value::Duration(_)) => true,
            None => false,
        }
    }

    /// Whether `setting` is not set, or set to an invalid value.
    #[must_use]
    pub fn is_unset(&self, setting: &Row) -> bool {
        !self.is_set(setting) && !self.rejected.contains(setting.key)
    }

    /// Whether `setting` was set while the server serves.
    #[must_use]
    pub fn is_changed(&self, setting: &Row) -> bool {
        let source = self.found(setting).map(|(_, source)| source);
        matches!(source, Some(Source::Change(_)))
    }

    /// Whether `setting` has a value, be it its default.
    #[must_use]
    pub fn has(&self, setting: &Row) -> bool {
        self.found(setting).is_some()
    }

    /// The value of `setting` with where it comes from.
    #[must_use]
    pub fn found(&self, setting: &Row) -> Option<&(Value, Source)> {
        self.values.get(setting.key)
    }

    /// All settings there are.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Every setting with its value, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Row, Option<&(Value, Source)>)> {
        self.table
            .rows()
            .map(|setting| (setting, self.found(setting)))
    }

    /// How to name `setting` to the operator who set it.
    #[must_use]
    pub fn name(&self, setting: &Row) -> String {
        self.found(setting)
            .map_or_else(|| setting.variable.to_owned(), |(_, it)| it.name(setting))
    }

    /// The value of `setting`, in its type.
    #[must_use]
    pub fn get<T, P: Presence>(&self, setting: &Setting<T, P>) -> P::Of<T> {
        P::of(self.find(setting))
    }

    /// The value of `setting` if it has one yet: derived defaults are filled in once all others are
    /// known.
    #[must_use]
    pub fn find<T, P>(&self, setting: &Setting<T, P>) -> Option<T> {
        setting.decode().decode(self.value(setting)?)
    }

    /// The value of a list; nothing set is an empty one.
    #[must_use]
    pub fn list<T>(&self, setting: &Setting<Vec<T>, Optional>) -> Vec<T> {
        self.get(setting).unwrap_or_default()
    }

    /// The value of a setting after a check that is stricter than its rule.
    ///
    /// # Errors
    ///
    /// The name of the setting, and why its value has no meaning.
    pub fn checked<T>(&self, setting: &Setting<Checked<T>, Optional>) -> Result<Option<T>, String> {
        let checked = self.get(setting).transpose();
        self.named(setting, checked)
    }

    /// `result`, with the name of `setting` in front of its error.
    ///
    /// # Errors
    ///
    /// That of `result`.
    pub fn named<T, E: Display>(&self, setting: &Row, result: Result<T, E>) -> Result<T, String> {
        result.map_err(|error| format!("{}: {error}", self.name(setting)))
    }

    fn value(&self, setting: &Row) -> Option<&Value> {
        self.found(setting).map(|(value, _)| value)
    }
}

/// Values may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{PORT, TABLE};

    #[test]
    fn a_value_has_the_type_of_its_setting() {
        let mut settings = Settings::nothing(&TABLE);
        settings.set(&PORT, Value::Integer(4000), Source::Default);

        let port: u16 = settings.get(&PORT);
        assert_eq!(port, 4000);
    }

    #[test]
    #[should_panic(expected = "has none")]
    fn asking_for_a_value_before_anything_was_read_is_a_mistake_in_the_program() {
        let _port: u16 = Settings::nothing(&TABLE).get(&PORT);
    }
}
