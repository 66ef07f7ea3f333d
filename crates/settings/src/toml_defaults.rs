//! A configuration file that holds every default, and so changes nothing.

use crate::{
    setting::{DefaultValue, Row, Support},
    table::{Section, Table},
};

/// Widest line of the comments.
const WIDTH: usize = 98;

/// A configuration file in which every setting has its default.
#[must_use]
pub fn defaults(table: &Table) -> String {
    let sections: String = table.sections().map(section).collect();
    format!("{}{sections}", head(table))
}

fn head(table: &Table) -> String {
    let program = table.program;
    let file = table.usual_files.last().copied().unwrap_or_default();
    format!(
        "\
# Every setting with its default. Made by `{program} config defaults`; do not edit it here.
#
# Copy what you want to change to {file}, or set the variable instead: variables win over
# files. A key in a comment has no fixed default. Secrets can be in a file of their own, whose name
# is then given by the same key with `_file` or the same variable with `_FILE` at its end.
"
    )
}

fn section(section: &Section) -> String {
    let mut table = "";
    let rows = section.settings.iter().map(|setting| {
        let same_table = std::mem::replace(&mut table, setting.table()) == setting.table();
        if same_table {
            format!("\n{}", self::setting(setting))
        } else {
            format!("\n[{table}]\n\n{}", self::setting(setting))
        }
    });
    let rows: String = rows.collect();
    format!("\n\n# {}\n{rows}", section.title)
}

fn setting(setting: &Row) -> String {
    let about = comment(&about(setting));
    let name = setting.name();
    match setting.preset_value() {
        Some(value) => format!("{about}{name} = {}\n", value.to_toml()),
        None => format!("{about}# {name} =\n"),
    }
}

fn about(setting: &Row) -> String {
    let variables: Vec<_> = setting.variables().collect();
    let default = match setting.preset {
        DefaultValue::Derived(words) | DefaultValue::Told(words) => format!(" Default: {words}."),
        DefaultValue::Unset | DefaultValue::Text(_) => String::new(),
    };
    let gap = match setting.support {
        Support::Warn(does_not) | Support::Refuse(does_not) => {
            format!(" This version does not {does_not}.")
        }
        Support::Full => String::new(),
    };
    format!(
        "{} Variable {}; {}.{default}{gap}",
        setting.doc,
        variables.join(" or "),
        setting.expects()
    )
}

/// Breaks a text into lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = Vec::new();
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, String::from("#")));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n") + "\n"
}
