//! Why a text does not fit its setting, where that is told by the text itself.
//!
//! Values come through shells, files and containers, which leave marks: a line break at the end,
//! quotation marks that were meant for a shell. Nothing here repeats a secret.

use super::{
    environment::Environment, kind::Kind, load::Loaded, setting::Setting, source::Source, table,
};

/// What is wrong with `text`, which `setting` does not take, to go on from its name.
pub(super) fn problem(setting: &Setting, text: &str) -> String {
    let kind = setting.kind;
    let expects = kind.expects();
    if let Some(mark) = mark(kind, text) {
        return format!("{mark}; remove it, for {expects}");
    }
    let shown = |text: &str| {
        if setting.secret {
            String::new()
        } else {
            format!(", not {text:?}")
        }
    };
    match kind {
        Kind::List(rule) => match kind.misfits(text.split(',')).next() {
            Some(item) => format!("expects {} in its list{}", rule.expects, shown(item)),
            None => format!("expects {expects}"),
        },
        _ => format!("expects {expects}{}", shown(text)),
    }
}

/// The same about a list in a file, as far as one of its items is to blame.
pub(super) fn problem_of_item<'a>(
    setting: &Setting,
    items: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let Kind::List(rule) = setting.kind else {
        return None;
    };
    let item = setting.kind.misfits(items).next()?;
    let shown = if setting.secret {
        String::new()
    } else {
        format!(", not {item:?}")
    };
    Some(format!("expects {} in its list{shown}", rule.expects))
}

/// What surrounds a value that would fit.
fn mark(kind: Kind, text: &str) -> Option<&'static str> {
    let fits = |text: &str| kind.read_text(text).is_some();
    let trimmed = text.trim();
    if text.ends_with(['\r', '\n']) && fits(text.trim_end_matches(['\r', '\n'])) {
        return Some("ends with a line break");
    }
    if trimmed != text && fits(trimmed) {
        return Some("begins or ends with a blank");
    }
    let inner = ['"', '\'']
        .iter()
        .find_map(|it| trimmed.strip_prefix(*it)?.strip_suffix(*it));
    let unquoted = serde_json::from_str::<String>(trimmed).ok();
    let is_quoted = inner.is_some_and(fits) || unquoted.is_some_and(|it| fits(&it));
    is_quoted.then_some("has quotation marks around its value, which are part of it")
}

/// Keys in PEM have several lines, and JSON disregards what is around it.
fn ends_with_a_stray_break(text: &str) -> bool {
    let line = text.trim_end_matches(['\r', '\n']);
    line != text && !line.contains('\n') && !line.ends_with('}')
}

/// Adds a warning for each text that ends with a line break and was taken with it.
pub(super) fn report(environment: &Environment, loaded: &mut Loaded) {
    for setting in table::settings().filter(|it| matches!(it.kind, Kind::Text(_))) {
        let Some((_, Source::Variable(name))) = loaded.settings.find(setting) else {
            continue;
        };
        let text = environment.get(name).ok().flatten();
        if text.is_some_and(ends_with_a_stray_break) {
            loaded.warnings.push(format!(
                "{name} ends with a line break, which counts as a part of it; remove it if it is none"
            ));
        }
    }
}
