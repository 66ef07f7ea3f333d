//! Settings that are changed while the server serves (`AUTH_ENABLE_CHANGE_ENV`).
//!
//! Which there are, how JSON spells them, and under which names: all of it is Hasura Auth's, whose
//! names here differ from its variables in places. A change is one more source of values, on top of
//! those that the server started with; it is judged by the same rules.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};

use super::{
    Config, ConfigErrors, blank, derived,
    load::{Loaded, preset},
    setting::Setting,
    settings::Settings,
    source::Source,
    table::{accounts, email, jwt, passwords, redirects, second_factors, server, sessions, sms},
    value::Value,
};

/// A name that a change may hold.
struct Changeable {
    name: &'static str,
    form: Form,
    /// What it changes; some names are known and change nothing.
    setting: Option<&'static Setting>,
}

/// How JSON spells a value.
#[derive(Clone, Copy)]
enum Form {
    /// A string; an empty one stands for none, as in a variable.
    Text,
    /// A string; an empty one changes nothing.
    Url,
    /// A string with commas between the items; an empty one is an empty list.
    Commas,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// An array of strings.
    Array,
}

/// What becomes of a setting.
enum Change {
    Stays,
    Unset,
    To(Value),
}

const fn to(name: &'static str, form: Form, setting: &'static Setting) -> Changeable {
    Changeable {
        name,
        form,
        setting: Some(setting),
    }
}

const fn in_vain(name: &'static str, form: Form) -> Changeable {
    Changeable {
        name,
        form,
        setting: None,
    }
}

use Form::{Array, Commas, Flag, Number, Text, Url};

const CHANGEABLE: &[Changeable] = &[
    to("HASURA_GRAPHQL_GRAPHQL_URL", Text, &jwt::GRAPHQL_URL),
    to("HASURA_GRAPHQL_ADMIN_SECRET", Text, &jwt::ADMIN_SECRET),
    to("AUTH_JWT_CUSTOM_CLAIMS", Text, &jwt::CUSTOM_CLAIMS),
    to(
        "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
        Text,
        &jwt::CUSTOM_CLAIMS_DEFAULTS,
    ),
    to("AUTH_CLIENT_URL", Url, &redirects::CLIENT_URL),
    to("AUTH_SERVER_URL", Url, &server::URL),
    to("AUTH_CONCEAL_ERRORS", Flag, &server::CONCEAL_ERRORS),
    to("AUTH_DISABLE_SIGNUP", Flag, &accounts::DISABLE_SIGN_UP),
    to("AUTH_DISABLE_NEW_USERS", Flag, &accounts::DISABLE_NEW_USERS),
    to("AUTH_ANONYMOUS_USERS_ENABLED", Flag, &accounts::ANONYMOUS),
    to(
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
        Flag,
        &accounts::EMAIL_VERIFICATION_REQUIRED,
    ),
    to("AUTH_DEFAULT_ROLE", Text, &accounts::DEFAULT_ROLE),
    to(
        "AUTH_DEFAULT_ALLOWED_ROLES",
        Array,
        &accounts::ALLOWED_ROLES,
    ),
    to("AUTH_DEFAULT_LOCALE", Text, &accounts::DEFAULT_LOCALE),
    to(
        "AUTH_LOCALE_ALLOWED_LOCALES",
        Commas,
        &accounts::ALLOWED_LOCALES,
    ),
    to(
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS",
        Commas,
        &accounts::BLOCKED_EMAILS,
    ),
    to(
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS",
        Commas,
        &accounts::ALLOWED_EMAILS,
    ),
    to(
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
        Commas,
        &accounts::BLOCKED_EMAIL_DOMAINS,
    ),
    to(
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS",
        Commas,
        &accounts::ALLOWED_EMAIL_DOMAINS,
    ),
    to("AUTH_PASSWORD_MIN_LENGTH", Number, &passwords::MIN_LENGTH),
    to("AUTH_PASSWORD_HIBP_ENABLED", Flag, &passwords::HIBP),
    to(
        "AUTH_REFRESH_TOKEN_EXPIRES_IN",
        Number,
        &sessions::REFRESH_TOKEN_TTL,
    ),
    to(
        "AUTH_EMAIL_PASSWORDLESS_ENABLED",
        Flag,
        &email::PASSWORDLESS,
    ),
    to("AUTH_OTP_EMAIL_ENABLED", Flag, &email::OTP),
    to("AUTH_MFA_ENABLED", Flag, &second_factors::MFA_ENABLED),
    to(
        "AUTH_WEBAUTHN_ENABLED",
        Flag,
        &second_factors::WEBAUTHN_ENABLED,
    ),
    to("AUTH_WEBAUTHN_RPID", Text, &second_factors::WEBAUTHN_RP_ID),
    to(
        "AUTH_WEBAUTHN_RPNAME",
        Text,
        &second_factors::WEBAUTHN_RP_NAME,
    ),
    to(
        "AUTH_WEBAUTHN_RP_ORIGINS",
        Array,
        &second_factors::WEBAUTHN_RP_ORIGINS,
    ),
    to("AUTH_SMS_PASSWORDLESS_ENABLED", Flag, &sms::ENABLED),
    to("AUTH_SMS_PROVIDER", Text, &sms::PROVIDER),
    to(
        "AUTH_SMS_TWILIO_ACCOUNT_SID",
        Text,
        &sms::TWILIO_ACCOUNT_SID,
    ),
    to("AUTH_SMS_TWILIO_AUTH_TOKEN", Text, &sms::TWILIO_AUTH_TOKEN),
    to(
        "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
        Text,
        &sms::TWILIO_SERVICE_ID,
    ),
    to("AUTH_SMS_MODICA_USERNAME", Text, &sms::MODICA_USERNAME),
    to("AUTH_SMS_MODICA_PASSWORD", Text, &sms::MODICA_PASSWORD),
    in_vain("AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS", Commas),
    in_vain("AUTH_ACCESS_TOKEN_EXPIRES_IN", Number),
    in_vain("AUTH_GRAVATAR_ENABLED", Flag),
    in_vain("AUTH_GRAVATAR_DEFAULT", Text),
    in_vain("AUTH_GRAVATAR_RATING", Text),
    // Routes are what they were at the start.
    in_vain("AUTH_SERVER_PREFIX", Text),
];

/// `settings` with what `members` say in the place of what they said, and what comes of them.
/// Names that are not known, and `null`, change nothing.
///
/// # Errors
///
/// Every problem that the changed settings have; none repeats a secret.
pub(crate) fn changed(
    settings: &Settings,
    members: &Map<String, Json>,
) -> Result<(Settings, Config), ConfigErrors> {
    let mut settings = settings.clone();
    let mut problems = Vec::new();
    for (changeable, value) in known(members) {
        match changeable.read(value) {
            Ok(change) => changeable.apply(change, &mut settings),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(ConfigErrors(problems));
    }
    derived::fill(&mut settings);
    let config = Config::read(Loaded {
        settings: settings.clone(),
        ..Loaded::default()
    })?;
    Ok((settings, config))
}

/// The names in `members` that are known.
pub(crate) fn known_names(members: &Map<String, Json>) -> Vec<&'static str> {
    known(members)
        .map(|(changeable, _)| changeable.name)
        .collect()
}

fn known(members: &Map<String, Json>) -> impl Iterator<Item = (&'static Changeable, &Json)> {
    CHANGEABLE
        .iter()
        .filter_map(|it| Some((it, members.get(it.name)?)))
}

impl Changeable {
    fn read(&self, value: &Json) -> Result<Change, String> {
        if value.is_null() {
            return Ok(Change::Stays);
        }
        let name = self.name;
        if !self.form.fits(value) {
            return Err(format!("{name} expects {}", self.form.expects()));
        }
        let Some(setting) = self.setting else {
            return Ok(Change::Stays);
        };
        match (self.form, value.as_str()) {
            (Text, Some("")) => Ok(Change::Unset),
            (Url, Some("")) => Ok(Change::Stays),
            _ => {
                // Without the value: it may be a secret.
                let read = read(setting, value)
                    .ok_or_else(|| format!("{name} expects {}", setting.kind.expects()))?;
                if !is_empty(value) && blank::leaves_a_hole(setting, &read) {
                    return Err(blank::problem(name));
                }
                Ok(Change::To(read))
            }
        }
    }

    fn apply(&self, change: Change, settings: &mut Settings) {
        let Some(setting) = self.setting else {
            return;
        };
        let found = match change {
            Change::Stays => return,
            Change::To(value) if is_the_operators(setting, &value, settings) => return,
            Change::Unset => preset(setting),
            Change::To(value) => Some((value, Source::Change(self.name.to_owned()))),
        };
        match found {
            Some((value, source)) => settings.set(setting, value, source),
            None => settings.unset(setting),
        }
    }
}

/// Whether the operator set `setting` to this value, so that it stays theirs. Of a secret it is not
/// told whether it was guessed.
fn is_the_operators(setting: &Setting, value: &Value, settings: &Settings) -> bool {
    let is_set = settings.is_set(setting) && !settings.is_changed(setting);
    let there = settings.find(setting).map(|(it, _)| it);
    is_set && !setting.secret && there == Some(value)
}

impl Form {
    fn fits(self, value: &Json) -> bool {
        match self {
            Self::Text | Self::Url | Self::Commas => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_i64(),
            Self::Array => {
                let items = value.as_array();
                items.is_some_and(|items| items.iter().all(Json::is_string))
            }
        }
    }

    fn expects(self) -> &'static str {
        match self {
            Self::Text | Self::Url => "a string",
            Self::Commas => "a string with commas between the items",
            Self::Flag => "true or false",
            Self::Number => "a whole number",
            Self::Array => "an array of strings",
        }
    }
}

/// Whether a list is empty on purpose, and not a list of blanks.
fn is_empty(value: &Json) -> bool {
    value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// A value that has the form of its name, by the rules of its setting.
fn read(setting: &Setting, value: &Json) -> Option<Value> {
    match value {
        Json::String(text) => setting.kind.read_text(text),
        Json::Array(items) => setting
            .kind
            .read_items(items.iter().filter_map(Json::as_str)),
        flag_or_number => setting.kind.read_text(&flag_or_number.to_string()),
    }
}
