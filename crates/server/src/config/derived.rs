//! Defaults that depend on other settings.
//!
//! Without a configured database the server is in the *zero-setup mode*: somebody wants to try it
//! with one command. Then it listens on this machine only and asks for nothing that needs more.

use std::path::Path;

use super::{
    setting::Setting,
    settings::Settings,
    source::Source,
    table::{accounts, database, email, redirects, server},
    value::Value,
};

/// The client of the zero-setup mode: where front-end tools serve an application by default.
const USUAL_CLIENT_URL: &str = "http://localhost:3000";

/// Whether no database is configured.
pub(crate) fn is_zero_setup(settings: &Settings) -> bool {
    !settings.is_set(&database::URL)
}

/// Gives the settings that nobody set the values that follow from the others.
pub(super) fn fill(settings: &mut Settings) {
    let zero_setup = is_zero_setup(settings);
    // Hasura Auth listens on every interface; a first try should not be open to the network.
    let host = if zero_setup { "127.0.0.1" } else { "0.0.0.0" };
    let url = own_url(settings);
    let sqlite_path = sqlite_path(settings);
    let sends_mail = settings.is_set(&email::SMTP_HOST) || settings.is_set(&email::WEBHOOK_URL);
    let verification = !zero_setup || sends_mail;

    default(settings, &server::HOST, text(host));
    default(settings, &server::URL, text(&url));
    default(settings, &server::CONSOLE_ENABLED, Value::Flag(zero_setup));
    default(settings, &database::SQLITE_PATH, text(&sqlite_path));
    default(
        settings,
        &accounts::EMAIL_VERIFICATION_REQUIRED,
        Value::Flag(verification),
    );
    if zero_setup {
        default(settings, &redirects::CLIENT_URL, text(USUAL_CLIENT_URL));
    }
}

fn own_url(settings: &Settings) -> String {
    let port = settings.integer(&server::PORT);
    let prefix = settings.text(&server::API_PREFIX).unwrap_or_default();
    format!("http://localhost:{port}{prefix}")
}

fn sqlite_path(settings: &Settings) -> String {
    let folder = settings.text(&server::DATA_DIR).unwrap_or_default();
    Path::new(folder).join("auth.db").display().to_string()
}

fn default(settings: &mut Settings, setting: &Setting, value: Value) {
    if settings.find(setting).is_none() {
        settings.set(setting, value, Source::Default);
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
