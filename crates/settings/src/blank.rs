//! Blank values: settings that are present but hold nothing.
//!
//! An empty variable counts as not set, because tools that write environments set every name they know.
//! A list of blanks is a mistake instead, as is an empty secret whose name was written down: the
//! protection that an operator counts on would be missing.

use crate::{
    environment::Environment, kind::Form, loaded::Loaded, setting::Row, source::Source,
    value::Value,
};

/// Whether a present value leaves a protective setting empty. The caller excludes lists that are empty
/// on purpose.
#[must_use]
pub fn leaves_a_hole(setting: &Row, value: &Value) -> bool {
    setting.protective && is_empty_list(value)
}

fn is_empty_list(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.is_empty())
}

/// The message about one.
#[must_use]
pub fn problem(name: &str) -> String {
    format!(
        "{name} is set, but all of its items are blank, so that nothing would be protected; name \
         some, or unset it"
    )
}

/// Warns of each list of blanks that has no effect, and of each protection that is missing because its
/// variable is empty. Empty lists are left out of the latter: they are meant.
pub(crate) fn report(environment: &Environment, loaded: &mut Loaded) {
    let without_effect = |(setting, found): (&Row, Option<&(Value, Source)>)| {
        let (value, source) = found?;
        let is_blank = matches!(source, Source::Variable(_)) && is_empty_list(value);
        let name = source.name(setting);
        is_blank
            .then(|| format!("{name} is set, but all of its items are blank, so it has no effect"))
    };
    let mut warnings: Vec<_> = (loaded.settings.iter())
        .filter_map(without_effect)
        .collect();
    let protections = (loaded.settings.table().rows())
        .filter(|it| it.protective && !matches!(it.form, Form::List(_)))
        .filter(|it| loaded.settings.is_unset(it));
    for variable in protections.flat_map(Row::all_variables) {
        if environment.is_empty(&variable) {
            warnings.push(format!(
                "{variable} is empty, which counts as not set, so nothing is protected beyond the \
                 default; set it, or unset it to say so"
            ));
        }
    }
    loaded.warnings.extend(warnings);
}
