//! Settings that are set although nothing comes of them yet.

use std::collections::BTreeMap;

use super::{
    load::Loaded,
    setting::{DefaultValue, Setting, Status},
    source::Source,
    value::Value,
};

/// Adds a warning for each missing feature that somebody set something for, and a problem for each
/// missing protection.
pub(super) fn report(loaded: &mut Loaded) {
    let mut gaps: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (setting, found) in loaded.settings.iter() {
        let Some((value, source)) = found else {
            continue;
        };
        if !differs(setting, value, source) {
            continue;
        }
        let name = source.name(setting);
        match setting.status {
            Status::Built => {}
            Status::NotYet(does_not) => gaps.entry(does_not).or_default().push(name),
            Status::Refused(_) if !loaded.settings.has_effect(setting) => {}
            Status::Refused(does_not) => loaded.problems.push(format!(
                "{name} is set, but this version does not {does_not}; \
                 unset it to start without that"
            )),
        }
    }
    let warnings = gaps.into_iter().map(|(does_not, names)| {
        let are = if names.len() == 1 { "is" } else { "are" };
        let names = names.join(", ");
        format!("{names} {are} set, but this version does not {does_not}")
    });
    loaded.warnings.extend(warnings);
}

/// Whether somebody set the setting to something other than its default.
fn differs(setting: &Setting, value: &Value, source: &Source) -> bool {
    let preset = match setting.preset {
        DefaultValue::Text(text) => setting.kind.read_text(text),
        DefaultValue::Unset | DefaultValue::Derived(_) => None,
    };
    *source != Source::Default && preset.as_ref() != Some(value)
}
