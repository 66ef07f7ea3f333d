//! Settings that are there and say nothing.
//!
//! An empty variable counts as not set, because tools that write environments set every name they
//! know. A list of blanks is no such thing but a slip, as is an empty secret whose name was written
//! down: the protection that an operator counts on would not be there.

use crate::{
    environment::Environment, kind::Form, loaded::Loaded, setting::Row, source::Source,
    value::Value,
};

/// Whether a value that was written down makes nothing of a protective setting. An empty list that
/// is meant is to be sorted out before.
#[must_use]
pub fn leaves_a_hole(setting: &Row, value: &Value) -> bool {
    setting.protective && is_empty_list(value)
}

fn is_empty_list(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.is_empty())
}

/// What to say about one.
#[must_use]
pub fn problem(name: &str) -> String {
    format!(
        "{name} is set, but all of its items are blank, so that nothing would be protected; name \
         some, or unset it"
    )
}

/// Adds a warning for each list of blanks that is without effect, and for each protection that is
/// not there because its variable is empty. Lists are left out of the latter: an empty one says what
/// it means.
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
