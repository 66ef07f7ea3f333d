//! The reference of all settings, as it stands in `docs/configuration.md`.

use super::{
    setting::{DefaultValue, Setting, Status},
    table::{self, Section},
    toml_defaults::preset,
};

/// All settings as Markdown tables.
pub(crate) fn reference() -> String {
    table::sections().map(section).collect()
}

fn section(section: &Section) -> String {
    let rows: String = section.settings.iter().map(row).collect();
    format!(
        "\n### {}\n\n| Key | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n{rows}",
        section.title
    )
}

fn row(setting: &Setting) -> String {
    let variables: Vec<_> = setting.variables().map(|it| format!("`{it}`")).collect();
    let key = setting.key;
    let variables = variables.join(" or ");
    let meaning = escape(&meaning(setting));
    format!(
        "| `{key}` | {variables} | {} | {meaning} |\n",
        default(setting)
    )
}

fn default(setting: &Setting) -> String {
    match (setting.preset, preset(setting)) {
        (DefaultValue::Derived(words), _) => words.to_owned(),
        (_, Some(value)) => format!("`{value}`"),
        (_, None) => String::new(),
    }
}

fn meaning(setting: &Setting) -> String {
    let secret = if setting.secret { " Secret." } else { "" };
    let protective = if setting.protective {
        " Protective."
    } else {
        ""
    };
    let gap = match setting.status {
        Status::Built => String::new(),
        Status::NotYet(does_not) => format!(" **This version does not {does_not}.**"),
        Status::Refused(does_not) => {
            format!(" **This version does not {does_not}; it does not start when this is set.**")
        }
    };
    let takes = setting.kind.expects();
    format!("{} Takes {takes}.{secret}{protective}{gap}", setting.doc)
}

/// A vertical line would end the cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
