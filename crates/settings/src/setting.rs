//! One setting: a constant that holds everything about it.

use std::{marker::PhantomData, ops::Deref};

use crate::{
    decode::Decode,
    kind::{Form, Kind},
    value::Value,
};

/// A setting whose values are of type `T`.
///
/// `P` says whether it always has a value: [`Settings::get`](crate::Settings::get) yields a `T` then, and an
/// `Option<T>` otherwise. What is the same for settings of all types is its [`Row`].
pub struct Setting<T: 'static, P = Always> {
    row: Row,
    decode: &'static dyn Decode<T>,
    presence: PhantomData<P>,
}

/// A setting without the type of its values. The reader, the printed defaults and the reference in the
/// documentation are all made from it.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name in a configuration file, with its table: `accounts.default_role`.
    pub key: &'static str,
    /// Its name in the environment.
    pub variable: &'static str,
    /// A second name in the environment, used when `variable` is not set.
    pub alternative: Option<&'static str>,
    /// The default, in force while it is not set.
    pub preset: DefaultValue,
    /// Whether its value must never be shown, and may be given as the name of a file.
    pub secret: bool,
    /// Whether it is a protection: with its default, or when its value gets lost, an attack is
    /// possible.
    pub protective: bool,
    /// Whether setting it has the expected effect.
    pub support: Support,
    /// The switch of the feature that it belongs to; `None`: it always has an effect.
    pub switch: Option<Switch>,
    /// One sentence about it.
    pub doc: &'static str,
    /// Which values it takes.
    pub(crate) form: Form,
}

/// The default value of a setting.
#[derive(Debug, Clone, Copy)]
pub enum DefaultValue {
    /// Nothing.
    Unset,
    /// No value, described in these words.
    Told(&'static str),
    /// A value, spelled as in a variable.
    Text(&'static str),
    /// A value that depends on other settings, described in words.
    Derived(&'static str),
}

/// When a setting has an effect.
#[derive(Clone, Copy)]
pub enum Switch {
    /// While another one is on: `true`, not zero, or set to anything.
    On(&'static Row),
    /// While another one is off.
    Off(&'static Row),
}

/// Whether setting a setting has the expected effect. The texts continue "this version does not".
#[derive(Debug, Clone, Copy)]
pub enum Support {
    /// It has.
    Full,
    /// No effect yet; the program starts with a warning.
    Warn(&'static str),
    /// No effect yet; the program refuses to start, because an operator would count on the effect.
    Refuse(&'static str),
}

/// Whether a setting has a value.
pub trait Presence {
    /// The type that reading a `T` yields.
    type Of<T>;

    /// The result, from the value if there is one.
    fn of<T>(found: Option<T>) -> Self::Of<T>;
}

/// A setting that always has a value: by its default, or because the program derives one from other
/// settings before it reads any.
pub enum Always {}

/// A setting that need not have a value.
pub enum Optional {}

impl Presence for Always {
    type Of<T> = T;

    #[expect(
        clippy::expect_used,
        reason = "defaults fit their settings, and the program fills in those it derives"
    )]
    fn of<T>(found: Option<T>) -> T {
        found.expect("a setting that always has a value has none")
    }
}

impl Presence for Optional {
    type Of<T> = Option<T>;

    fn of<T>(found: Option<T>) -> Option<T> {
        found
    }
}

impl<T> Setting<T, Optional> {
    /// A setting without a default that is supported and not secret.
    #[must_use]
    pub const fn new(
        key: &'static str,
        variable: &'static str,
        kind: Kind<T>,
        doc: &'static str,
    ) -> Self {
        Self {
            row: Row {
                key,
                variable,
                alternative: None,
                preset: DefaultValue::Unset,
                secret: false,
                protective: false,
                support: Support::Full,
                switch: None,
                doc,
                form: kind.form,
            },
            decode: kind.decode,
            presence: PhantomData,
        }
    }

    /// The same with a default, spelled as in a variable.
    #[must_use]
    pub const fn preset(self, text: &'static str) -> Setting<T> {
        self.with_default(DefaultValue::Text(text))
    }

    /// The same with a default that depends on other settings, described in words. The program derives
    /// it before it reads any value.
    #[must_use]
    pub const fn derived(self, words: &'static str) -> Setting<T> {
        self.with_default(DefaultValue::Derived(words))
    }

    /// The same with a description of having no value.
    #[must_use]
    pub const fn if_unset(self, words: &'static str) -> Self {
        self.with_default(DefaultValue::Told(words))
    }

    const fn with_default<P>(self, preset: DefaultValue) -> Setting<T, P> {
        let mut row = self.row;
        row.preset = preset;
        Setting {
            row,
            decode: self.decode,
            presence: PhantomData,
        }
    }
}

impl<T, P> Setting<T, P> {
    /// The same as a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.row.secret = true;
        self
    }

    /// The same as a protection: the program refuses to start when its value is a list of blanks, or
    /// when a variable's name is a typing mistake away from its own.
    #[must_use]
    pub const fn protective(mut self) -> Self {
        self.row.protective = true;
        self
    }

    /// The same with a second name in the environment.
    #[must_use]
    pub const fn or(mut self, variable: &'static str) -> Self {
        self.row.alternative = Some(variable);
        self
    }

    /// The same as a part of the feature that `switch` switches on: while that is off, a value that
    /// does not fit only leads to a warning.
    #[must_use]
    pub const fn part_of<U, Q>(mut self, switch: &'static Setting<U, Q>) -> Self {
        self.row.switch = Some(Switch::On(&switch.row));
        self
    }

    /// The same as a part of the feature that `switch` replaces.
    #[must_use]
    pub const fn unless<U, Q>(mut self, switch: &'static Setting<U, Q>) -> Self {
        self.row.switch = Some(Switch::Off(&switch.row));
        self
    }

    /// The same, unsupported with a warning: "this version does not `does_not`".
    #[must_use]
    pub const fn not_yet(mut self, does_not: &'static str) -> Self {
        self.row.support = Support::Warn(does_not);
        self
    }

    /// The same, unsupported so that the program refuses to start.
    #[must_use]
    pub const fn refused(mut self, does_not: &'static str) -> Self {
        self.row.support = Support::Refuse(does_not);
        self
    }

    /// The setting without the type of its values.
    #[must_use]
    pub const fn row(self) -> Row {
        self.row
    }

    pub(crate) fn decode(&self) -> &'static dyn Decode<T> {
        self.decode
    }
}

impl<T, P> Clone for Setting<T, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, P> Copy for Setting<T, P> {}

/// A setting stands for its row wherever the type of its values does not matter.
impl<T, P> Deref for Setting<T, P> {
    type Target = Row;

    fn deref(&self) -> &Row {
        &self.row
    }
}

impl Row {
    /// Its names in the environment, the one that wins first.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
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

    /// Whether it takes yes and no.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        matches!(self.form, Form::Flag)
    }

    /// Whether it always has a value.
    #[must_use]
    pub fn has_value(&self) -> bool {
        matches!(
            self.preset,
            DefaultValue::Text(_) | DefaultValue::Derived(_)
        )
    }

    /// The accepted values, as the end of a message that begins with "expects".
    #[must_use]
    pub fn expects(&self) -> String {
        self.form.expects()
    }

    /// A value as a variable spells it; `None` when it does not fit.
    #[must_use]
    pub fn read_text(&self, text: &str) -> Option<Value> {
        self.form.read_text(text)
    }

    /// A list whose items are given one by one; `None` when one of them does not fit.
    #[must_use]
    pub fn read_items<'a>(&self, items: impl Iterator<Item = &'a str>) -> Option<Value> {
        self.form.read_items(items)
    }

    /// Its default, unless there is none, or it depends on other settings.
    #[must_use]
    pub fn preset_value(&self) -> Option<Value> {
        match self.preset {
            DefaultValue::Text(text) => self.read_text(text),
            DefaultValue::Unset | DefaultValue::Told(_) | DefaultValue::Derived(_) => None,
        }
    }
}
