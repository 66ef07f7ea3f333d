//! Settings that are changed while the server serves (`AUTH_ENABLE_CHANGE_ENV`).
//!
//! The names, their JSON types and which of them exist are Hasura Auth's; some differ from its
//! variables. A change is one more source of values, on top of those that the server started with,
//! under the same rules.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};
use settings::{Row, Setting, Settings, Source, Value, blank_problem, leaves_a_hole};

use super::{
    derived,
    table::{accounts, email, jwt, passwords, redirects, second_factors, server, sessions, sms},
};

/// A name that a change may hold.
struct Changeable {
    name: &'static str,
    form: Form,
    /// The setting that it changes; some names are known and change nothing.
    setting: Option<Row>,
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

/// The effect on a setting.
enum Change {
    Stays,
    Unset,
    To(Value),
}

/// A setting under the name of its variable.
const fn to<T, P>(form: Form, setting: Setting<T, P>) -> Changeable {
    called(setting.row().variable, form, setting)
}

/// A setting under another name than that of its variable.
const fn called<T, P>(name: &'static str, form: Form, setting: Setting<T, P>) -> Changeable {
    Changeable {
        name,
        form,
        setting: Some(setting.row()),
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
    to(Text, jwt::GRAPHQL_URL),
    to(Text, jwt::ADMIN_SECRET),
    to(Text, jwt::CUSTOM_CLAIMS),
    to(Text, jwt::CUSTOM_CLAIMS_DEFAULTS),
    to(Url, redirects::CLIENT_URL),
    to(Url, server::URL),
    to(Flag, server::CONCEAL_ERRORS),
    to(Flag, accounts::DISABLE_SIGN_UP),
    to(Flag, accounts::DISABLE_NEW_USERS),
    to(Flag, accounts::ANONYMOUS),
    to(Flag, accounts::EMAIL_VERIFICATION_REQUIRED),
    called("AUTH_DEFAULT_ROLE", Text, accounts::DEFAULT_ROLE),
    called("AUTH_DEFAULT_ALLOWED_ROLES", Array, accounts::ALLOWED_ROLES),
    called("AUTH_DEFAULT_LOCALE", Text, accounts::DEFAULT_LOCALE),
    to(Commas, accounts::ALLOWED_LOCALES),
    to(Commas, accounts::BLOCKED_EMAILS),
    to(Commas, accounts::ALLOWED_EMAILS),
    to(Commas, accounts::BLOCKED_EMAIL_DOMAINS),
    to(Commas, accounts::ALLOWED_EMAIL_DOMAINS),
    to(Number, passwords::MIN_LENGTH),
    to(Flag, passwords::HIBP),
    to(Number, sessions::REFRESH_TOKEN_TTL),
    to(Flag, email::PASSWORDLESS),
    to(Flag, email::OTP),
    to(Flag, second_factors::MFA_ENABLED),
    to(Flag, second_factors::WEBAUTHN_ENABLED),
    called("AUTH_WEBAUTHN_RPID", Text, second_factors::WEBAUTHN_RP_ID),
    called(
        "AUTH_WEBAUTHN_RPNAME",
        Text,
        second_factors::WEBAUTHN_RP_NAME,
    ),
    to(Array, second_factors::WEBAUTHN_RP_ORIGINS),
    to(Flag, sms::ENABLED),
    to(Text, sms::PROVIDER),
    to(Text, sms::TWILIO_ACCOUNT_SID),
    to(Text, sms::TWILIO_AUTH_TOKEN),
    to(Text, sms::TWILIO_SERVICE_ID),
    to(Text, sms::MODICA_USERNAME),
    to(Text, sms::MODICA_PASSWORD),
    in_vain("AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS", Commas),
    in_vain("AUTH_ACCESS_TOKEN_EXPIRES_IN", Number),
    in_vain("AUTH_GRAVATAR_ENABLED", Flag),
    in_vain("AUTH_GRAVATAR_DEFAULT", Text),
    in_vain("AUTH_GRAVATAR_RATING", Text),
    // Routes are registered once, at the start.
    in_vain("AUTH_SERVER_PREFIX", Text),
];

/// `settings` with the values of `members` in place of earlier ones, and with derived defaults. Unknown
/// names, and `null`, change nothing.
///
/// # Errors
///
/// A line about each value that does not fit; none repeats a secret.
pub(super) fn apply(
    settings: &Settings,
    members: &Map<String, Json>,
) -> Result<Settings, Vec<String>> {
    let mut settings = settings.clone();
    let mut problems = Vec::new();
    for (changeable, value) in known(members) {
        match changeable.read(value) {
            Ok(change) => changeable.apply(change, &mut settings),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    derived::fill(&mut settings);
    Ok(settings)
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
        let Some(setting) = &self.setting else {
            return Ok(Change::Stays);
        };
        match (self.form, value.as_str()) {
            (Text, Some("")) => Ok(Change::Unset),
            (Url, Some("")) => Ok(Change::Stays),
            _ => {
                // Without the value: it may be a secret.
                let read = read(setting, value)
                    .ok_or_else(|| format!("{name} expects {}", setting.expects()))?;
                if !is_empty(value) && leaves_a_hole(setting, &read) {
                    return Err(blank_problem(name));
                }
                Ok(Change::To(read))
            }
        }
    }

    fn apply(&self, change: Change, settings: &mut Settings) {
        let Some(setting) = &self.setting else {
            return;
        };
        let found = match change {
            Change::Stays => return,
            Change::To(value) if is_the_operators(setting, &value, settings) => return,
            Change::Unset => setting.preset_value().map(|it| (it, Source::Default)),
            Change::To(value) => Some((value, Source::Change(self.name.to_owned()))),
        };
        match found {
            Some((value, source)) => settings.set(setting, value, source),
            None => settings.unset(setting),
        }
    }
}

/// Whether the operator set `setting` to this value, so that it stays theirs. `false` for a secret, so
/// that a guess is not confirmed.
fn is_the_operators(setting: &Row, value: &Value, settings: &Settings) -> bool {
    let is_set = settings.is_set(setting) && !settings.is_changed(setting);
    let there = settings.found(setting).map(|(it, _)| it);
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
fn read(setting: &Row, value: &Json) -> Option<Value> {
    match value {
        Json::String(text) => setting.read_text(text),
        Json::Array(items) => setting.read_items(items.iter().filter_map(Json::as_str)),
        flag_or_number => setting.read_text(&flag_or_number.to_string()),
    }
}
