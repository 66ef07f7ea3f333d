//! The effective settings for people to read, without secrets.

use crate::{setting::Row, settings::Settings, source::Source, value::Value};

/// One line per setting, as in a file in TOML: key, value, and where the value comes from. What is
/// not set is a comment.
pub fn lines(settings: &Settings) -> impl Iterator<Item = String> {
    settings.iter().map(|(setting, found)| line(setting, found))
}

fn line(setting: &Row, found: Option<&(Value, Source)>) -> String {
    let key = setting.key;
    match found {
        None => format!("# {key} is not set"),
        Some((_, source)) if setting.secret => format!("{key} = \"***\" # {source}"),
        Some((value, source)) => format!("{key} = {} # {source}", value.to_toml()),
    }
}
