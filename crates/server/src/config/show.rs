//! The effective settings for people to read, without secrets.

use super::{setting::Setting, settings::Settings, source::Source, value::Value};

/// One line per setting, as in a file in TOML: key, value, and where the value comes from. What is
/// not set is a comment.
pub(crate) fn lines(settings: &Settings) -> impl Iterator<Item = String> {
    settings.iter().map(|(setting, found)| line(setting, found))
}

fn line(setting: &Setting, found: Option<&(Value, Source)>) -> String {
    let key = setting.key;
    match found {
        None => format!("# {key} is not set"),
        Some((_, source)) if setting.secret => format!("{key} = \"***\" # {source}"),
        Some((value, source)) => format!("{key} = {} # {source}", value.to_toml()),
    }
}
