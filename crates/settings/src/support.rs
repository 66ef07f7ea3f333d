//! Settings that are known but have no effect in this version.

use std::collections::BTreeMap;

use crate::{
    loaded::Loaded,
    setting::{Row, Support},
    source::Source,
    value::Value,
};

/// Warns of each set setting whose feature is missing, and adds a problem for each whose missing
/// feature is a protection.
pub(crate) fn report(loaded: &mut Loaded) {
    let mut gaps: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (setting, found) in loaded.settings.iter() {
        let Some((value, source)) = found else {
            continue;
        };
        if !differs(setting, value, source) {
            continue;
        }
        let name = source.name(setting);
        match setting.support {
            Support::Full => {}
            Support::Warn(does_not) => gaps.entry(does_not).or_default().push(name),
            Support::Refuse(_) if !loaded.settings.has_effect(setting) => {}
            Support::Refuse(does_not) => loaded.problems.push(format!(
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

/// Whether an operator set the setting to something other than its default.
fn differs(setting: &Row, value: &Value, source: &Source) -> bool {
    *source != Source::Default && setting.preset_value().as_ref() != Some(value)
}
