//! The reference of all settings, for documentation.

use crate::{
    setting::{DefaultValue, Row, Support},
    table::{Section, Table},
};

/// All settings as Markdown tables.
#[must_use]
pub fn reference(table: &Table) -> String {
    table.sections().map(section).collect()
}

fn section(section: &Section) -> String {
    let rows: String = section.settings.iter().map(row).collect();
    format!(
        "\n### {}\n\n| Key | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n{rows}",
        section.title
    )
}

fn row(setting: &Row) -> String {
    let variables: Vec<_> = setting.variables().map(|it| format!("`{it}`")).collect();
    let key = setting.key;
    let variables = variables.join(" or ");
    let meaning = escape(&meaning(setting));
    format!(
        "| `{key}` | {variables} | {} | {meaning} |\n",
        default(setting)
    )
}

fn default(setting: &Row) -> String {
    match setting.preset {
        DefaultValue::Derived(words) | DefaultValue::Told(words) => words.to_owned(),
        DefaultValue::Text(_) | DefaultValue::Unset => {
            let value = setting.preset_value();
            value.map_or_else(String::new, |it| format!("`{}`", it.to_toml()))
        }
    }
}

fn meaning(setting: &Row) -> String {
    let secret = if setting.secret { " Secret." } else { "" };
    let protective = if setting.protective {
        " Protective."
    } else {
        ""
    };
    let gap = match setting.support {
        Support::Full => String::new(),
        Support::Warn(does_not) => format!(" **This version does not {does_not}.**"),
        Support::Refuse(does_not) => {
            format!(" **This version does not {does_not}; it does not start when this is set.**")
        }
    };
    let takes = setting.expects();
    format!("{} Takes {takes}.{secret}{protective}{gap}", setting.doc)
}

/// A vertical line would end the cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
