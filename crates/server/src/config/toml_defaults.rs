//! The configuration file that changes nothing: `config/default.toml`.

use super::{
    setting::{DefaultValue, Setting, Status},
    table::{self, Section},
};

const HEAD: &str = "\
# Every setting with its default. Made by `hasura-auth config defaults`; do not edit it here.
#
# Copy what you want to change to hasura-auth.toml, or set the variable instead: variables win over
# files. A key in a comment has no fixed default. Secrets can be in a file of their own, whose name
# is then given by the same key with `_file` or the same variable with `_FILE` at its end.
";

/// Widest line of the comments.
const WIDTH: usize = 98;

/// The text of `config/default.toml`.
pub(crate) fn defaults() -> String {
    let sections: String = table::sections().map(section).collect();
    format!("{HEAD}{sections}")
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

fn setting(setting: &Setting) -> String {
    let about = comment(&about(setting));
    let name = setting.name();
    match preset(setting) {
        Some(value) => format!("{about}{name} = {value}\n"),
        None => format!("{about}# {name} =\n"),
    }
}

fn about(setting: &Setting) -> String {
    let variables: Vec<_> = setting.variables().collect();
    let default = match setting.preset {
        DefaultValue::Derived(words) => format!(" Default: {words}."),
        DefaultValue::Unset | DefaultValue::Text(_) => String::new(),
    };
    let gap = match setting.status {
        Status::NotYet(does_not) | Status::Refused(does_not) => {
            format!(" This version does not {does_not}.")
        }
        Status::Built => String::new(),
    };
    format!(
        "{} Variable {}; {}.{default}{gap}",
        setting.doc,
        variables.join(" or "),
        setting.kind.expects()
    )
}

/// The default as TOML, if there is one.
pub(super) fn preset(setting: &Setting) -> Option<String> {
    match setting.preset {
        DefaultValue::Text(text) => setting.kind.read_text(text).map(|it| it.to_toml()),
        DefaultValue::Unset | DefaultValue::Derived(_) => None,
    }
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
