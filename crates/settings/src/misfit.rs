//! Why a text does not fit its setting, where the text itself shows the cause.
//!
//! Values come through shells, files and containers, which leave marks: a line break at the end,
//! quotation marks that were meant for a shell, a placeholder that was not filled in. Nothing here
//! repeats a secret.

use crate::{environment::Environment, kind::Form, loaded::Loaded, setting::Row, source::Source};

/// What is wrong with `text`, which `setting` refuses; the message continues its name.
pub(crate) fn problem(setting: &Row, text: &str) -> String {
    let form = setting.form;
    let expects = form.expects();
    if is_placeholder(text) {
        return format!("is a placeholder in whose place nothing was put; set it to {expects}");
    }
    if let Some(mark) = mark(form, text) {
        return format!("{mark}, for {expects}");
    }
    let shown = |text: &str| {
        if setting.secret {
            String::new()
        } else {
            format!(", not {text:?}")
        }
    };
    match form {
        Form::List(rule) => match form.misfits(text.split(',')).next() {
            Some(item) => format!("expects {} in its list{}", rule.expects(), shown(item)),
            None => format!("expects {expects}"),
        },
        _ => format!("expects {expects}{}", shown(text)),
    }
}

/// The same about a list in a file, as far as one of its items is the cause.
pub(crate) fn problem_of_item<'a>(
    setting: &Row,
    items: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let Form::List(rule) = setting.form else {
        return None;
    };
    let item = setting.form.misfits(items).next()?;
    let shown = if setting.secret {
        String::new()
    } else {
        format!(", not {item:?}")
    };
    Some(format!("expects {} in its list{shown}", rule.expects()))
}

/// Marks around a value that would fit without them, and how to remove them.
fn mark(form: Form, text: &str) -> Option<&'static str> {
    let fits = |text: &str| form.read_text(text).is_some();
    let trimmed = text.trim();
    if text.strip_prefix(BYTE_ORDER_MARK).is_some_and(fits) {
        return Some("begins with a byte order mark, which editors do not show; remove it");
    }
    if text.ends_with(['\r', '\n']) && fits(text.trim_end_matches(['\r', '\n'])) {
        return Some("ends with a line break; remove it");
    }
    if trimmed != text && fits(trimmed) {
        return Some("begins or ends with a blank; remove it");
    }
    let unquoted = serde_json::from_str::<String>(trimmed).ok();
    let is_quoted =
        inside_quotes(trimmed).is_some_and(fits) || unquoted.is_some_and(|it| fits(&it));
    is_quoted.then_some("has quotation marks around its value, which are part of it; remove them")
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Placeholders as Compose, Kubernetes, Helm and Nhost write them.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    [("${", "}"), ("$(", ")"), ("{{", "}}")]
        .iter()
        .any(|(begin, end)| text.starts_with(begin) && text.ends_with(end))
}

fn inside_quotes(text: &str) -> Option<&str> {
    ['"', '\'']
        .iter()
        .find_map(|it| text.strip_prefix(*it)?.strip_suffix(*it))
}

/// Keys in PEM have several lines, and JSON disregards what is around it.
fn ends_with_a_stray_break(text: &str) -> bool {
    let line = text.trim_end_matches(['\r', '\n']);
    line != text && !line.contains('\n') && !line.ends_with('}')
}

/// Marks that were accepted as a part of a text and are probably a mistake.
fn stray_mark(text: &str) -> Option<&'static str> {
    if is_placeholder(text) {
        Some(
            "is a placeholder in whose place nothing was put; set it to what was meant, or unset it",
        )
    } else if text.starts_with(BYTE_ORDER_MARK) {
        Some(
            "begins with a byte order mark, which editors do not show and which counts as a part of \
             it; remove it",
        )
    } else if ends_with_a_stray_break(text) {
        Some("ends with a line break, which counts as a part of it; remove it if it is none")
    } else if inside_quotes(text).is_some() {
        Some(
            "has quotation marks around its value, which count as a part of it; remove them if they \
             are none",
        )
    } else {
        None
    }
}

/// The same for a list, whose items are trimmed.
fn stray_mark_in_list(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if serde_json::from_str::<Vec<String>>(text).is_ok() {
        return Some(
            "is a list in JSON, whose brackets and quotation marks count as a part of its items; write \
             them with commas between them and nothing else",
        );
    }
    let items = || text.split(',').map(str::trim);
    stray_mark(text).or_else(|| items().find_map(stray_mark))
}

/// Warns of each value that was accepted with such a mark.
pub(crate) fn report(environment: &Environment, loaded: &mut Loaded) {
    for setting in loaded.settings.table().rows() {
        let Some((_, Source::Variable(name))) = loaded.settings.found(setting) else {
            continue;
        };
        let text = environment.get(name).ok().flatten().unwrap_or_default();
        let mark = match setting.form {
            Form::Text(_) => stray_mark(text),
            Form::List(_) => stray_mark_in_list(text),
            _ => None,
        };
        if let Some(mark) = mark {
            loaded.warnings.push(format!("{name} {mark}"));
        }
    }
}
