//! Defaults that depend on other settings.
//!
//! Without a configured database, and reached from this machine only, the server is in the *zero-setup
//! mode*: a developer tries it with one command. Then it asks for nothing that needs more.

use http_api::LANDING_PATH;
use settings::{Row, Settings, Source, Value};

use super::{
    parts::is_loopback,
    table::{
        accounts, database, email, redirects, second_factors, server,
        sms::{self, SmsService},
    },
};

/// Where front-end tools serve an application by default. In the zero-setup mode these are allowed as
/// redirects and as origins of security keys.
const USUAL_APPLICATION: &str = "http://localhost:3000";

/// Whether the server is in the zero-setup mode: no database is configured, and it listens on this
/// machine only. Its defaults, such as sign-up without verification, are unsafe on a network.
pub(crate) fn is_zero_setup(settings: &Settings) -> bool {
    let host = settings.find(&server::HOST);
    !settings.is_set(&database::URL) && host.is_none_or(|it| is_loopback(&it))
}

/// Gives settings that are not set the defaults that are derived from others.
pub(super) fn fill(settings: &mut Settings) {
    let zero_setup = is_zero_setup(settings);
    // Hasura Auth listens on every interface; the zero-setup mode must not.
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
    if has_landing_page(settings) {
        fill_landing_page(settings);
    }
    fill_features(settings);
}

/// Without an application, links open a page of this server.
fn fill_landing_page(settings: &mut Settings) {
    let server = settings.get(&server::URL);
    let landing = format!("{}{LANDING_PATH}", server.trim_end_matches('/'));
    default(settings, &redirects::CLIENT_URL, text(&landing));
    default(settings, &redirects::ALLOWED_URLS, usual_application());
}

/// The zero-setup mode switches on what needs no external service, so that everything can be tried.
/// Once a database path is set, its data is kept, and the defaults are Hasura Auth's.
fn fill_features(settings: &mut Settings) {
    let first_try = is_zero_setup(settings) && !settings.is_set(&database::SQLITE_PATH);
    let features: [&Row; 4] = [
        &accounts::ANONYMOUS,
        &email::PASSWORDLESS,
        &email::OTP,
        &second_factors::MFA_ENABLED,
    ];
    for feature in features {
        default(settings, feature, Value::Flag(first_try));
    }
    // A security key is bound to a host name (relying party): the one of the printed URL.
    let on_usual_host = first_try
        && !settings.is_set(&server::URL)
        && !settings.is_set(&redirects::CLIENT_URL)
        && !settings.is_set(&second_factors::WEBAUTHN_RP_ID);
    default(
        settings,
        &second_factors::WEBAUTHN_ENABLED,
        Value::Flag(on_usual_host),
    );
    if on_usual_host {
        default(
            settings,
            &second_factors::WEBAUTHN_RP_ORIGINS,
            usual_application(),
        );
    }
    let sends_texts = settings.is_set(&sms::PROVIDER);
    let texts = first_try && !sends_texts;
    default(settings, &sms::ENABLED, Value::Flag(texts));
    let service = if texts {
        SmsService::Dev
    } else {
        SmsService::Twilio
    };
    default(settings, &sms::PROVIDER, text(service.word()));
}

fn usual_application() -> Value {
    Value::List(vec![USUAL_APPLICATION.to_owned()])
}

/// Whether links open the landing page of this server, because no application is configured.
pub(crate) fn has_landing_page(settings: &Settings) -> bool {
    is_zero_setup(settings) && !settings.is_set(&redirects::CLIENT_URL)
}

fn own_url(settings: &Settings) -> String {
    let port = settings.get(&server::PORT);
    let prefix = settings.get(&server::API_PREFIX).unwrap_or_default();
    format!("http://localhost:{port}{prefix}")
}

fn sqlite_path(settings: &Settings) -> String {
    let folder = settings.get(&server::DATA_DIR);
    folder.join("auth.db").display().to_string()
}

fn default(settings: &mut Settings, setting: &Row, value: Value) {
    if settings.found(setting).is_none() {
        settings.set(setting, value, Source::Default);
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
