//! One row of the settings table.

use super::kind::Kind;

/// Everything there is to say about one setting. The reader, the printed defaults and the
/// reference in the documentation are all made from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Its name in a configuration file, with its table: `accounts.default_role`.
    pub(crate) key: &'static str,
    /// Its name in the environment.
    pub(crate) variable: &'static str,
    /// A second name in the environment, used when `variable` is not set.
    pub(crate) alternative: Option<&'static str>,
    /// Which values it takes.
    pub(crate) kind: Kind,
    /// What holds when nobody sets it.
    pub(crate) preset: DefaultValue,
    /// Whether its value must never be shown, and may be given as the name of a file.
    pub(crate) secret: bool,
    /// Whether it keeps something from happening that its default would let happen, so that a value
    /// that goes astray leaves a hole.
    pub(crate) protective: bool,
    /// Whether setting it has the effect one expects.
    pub(crate) status: Status,
    /// What switches the feature on that it is part of; `None`: it always has its effect.
    pub(crate) switch: Option<Switch>,
    /// One sentence about it.
    pub(crate) doc: &'static str,
}

/// What holds when nobody sets a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DefaultValue {
    /// Nothing.
    Unset,
    /// A value, spelled as in a variable.
    Text(&'static str),
    /// A value that depends on other settings, told in words.
    Derived(&'static str),
}

/// When a setting has an effect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Switch {
    /// While another one is on: `true`, not zero, or set to anything.
    On(&'static Setting),
    /// While another one is off.
    Off(&'static Setting),
}

/// Whether setting a setting has the effect one expects. The texts go on from "this version does
/// not".
#[derive(Debug, Clone, Copy)]
pub(crate) enum Status {
    /// It has.
    Built,
    /// It has none yet; the server starts with a warning.
    NotYet(&'static str),
    /// It has none yet, and starting as if it had would be worse than not starting.
    Refused(&'static str),
}

impl Setting {
    /// A setting without a default that is built and no secret.
    pub(crate) const fn new(
        key: &'static str,
        variable: &'static str,
        kind: Kind,
        doc: &'static str,
    ) -> Self {
        Self {
            key,
            variable,
            alternative: None,
            kind,
            preset: DefaultValue::Unset,
            secret: false,
            protective: false,
            status: Status::Built,
            switch: None,
            doc,
        }
    }

    /// The same with a default, spelled as in a variable.
    pub(crate) const fn preset(mut self, text: &'static str) -> Self {
        self.preset = DefaultValue::Text(text);
        self
    }

    /// The same with a default that depends on other settings, told in words.
    pub(crate) const fn derived(mut self, words: &'static str) -> Self {
        self.preset = DefaultValue::Derived(words);
        self
    }

    /// The same as a secret.
    pub(crate) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The same with the mark that somebody counts on it: the server does not start with a list of
    /// blanks for it, nor with a variable that is hardly more than a slip away from its name.
    pub(crate) const fn protective(mut self) -> Self {
        self.protective = true;
        self
    }

    /// The same with a second name in the environment.
    pub(crate) const fn or(mut self, variable: &'static str) -> Self {
        self.alternative = Some(variable);
        self
    }

    /// The same as a part of the feature that `switch` switches on: while that is off, a value that
    /// does not fit only leads to a warning.
    pub(crate) const fn part_of(mut self, switch: &'static Self) -> Self {
        self.switch = Some(Switch::On(switch));
        self
    }

    /// The same as a part of what `switch` takes the place of.
    pub(crate) const fn unless(mut self, switch: &'static Self) -> Self {
        self.switch = Some(Switch::Off(switch));
        self
    }

    /// The same with the mark that it only leads to a warning: "this version does not `does_not`".
    pub(crate) const fn not_yet(mut self, does_not: &'static str) -> Self {
        self.status = Status::NotYet(does_not);
        self
    }

    /// The same with the mark that it keeps the server from starting.
    pub(crate) const fn refused(mut self, does_not: &'static str) -> Self {
        self.status = Status::Refused(does_not);
        self
    }

    /// Its names in the environment, the one that wins first.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.variable).chain(self.alternative)
    }

    /// Every variable that may give it a value, those included that name a file with a secret.
    pub(crate) fn all_variables(&self) -> impl Iterator<Item = String> {
        let file = |name: &str| self.secret.then(|| format!("{name}_FILE"));
        self.variables()
            .flat_map(move |name| [Some(name.to_owned()), file(name)])
            .flatten()
    }

    /// The TOML table it is in: what precedes the last dot of its key.
    pub(crate) fn table(&self) -> &'static str {
        self.key.rsplit_once('.').map_or("", |(table, _)| table)
    }

    /// Its name within that table.
    pub(crate) fn name(&self) -> &'static str {
        self.key.rsplit_once('.').map_or(self.key, |(_, name)| name)
    }
}
