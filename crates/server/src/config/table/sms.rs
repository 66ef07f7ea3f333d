//! Settings of text messages.

use super::{Kind, Rule, Section, Setting};

const fn text(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::ANY), doc)
}

const fn url(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::WEB_URL), doc)
}

pub(crate) const ENABLED: Setting = Setting::new(
    "sms.passwordless_enabled",
    "AUTH_SMS_PASSWORDLESS_ENABLED",
    Kind::Flag,
    "Whether people may sign in, elevate and change their number with a code sent to their phone.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set");

pub(crate) const PROVIDER: Setting = Setting::new(
    "sms.provider",
    "AUTH_SMS_PROVIDER",
    Kind::Choice(&["twilio", "modica", "generic", "dev"]),
    "Service that sends the messages; `generic` is a web hook, and `dev` sends none.",
)
.derived("`twilio`; `dev` in the zero-setup mode while no place of the database is set")
.part_of(&ENABLED);

pub(crate) const TWILIO_ACCOUNT_SID: Setting = text(
    "sms.twilio_account_sid",
    "AUTH_SMS_TWILIO_ACCOUNT_SID",
    "Account at Twilio. If it begins with `VA`, Twilio Verify makes and checks the codes.",
)
.part_of(&ENABLED);

pub(crate) const TWILIO_AUTH_TOKEN: Setting = text(
    "sms.twilio_auth_token",
    "AUTH_SMS_TWILIO_AUTH_TOKEN",
    "Token of that account.",
)
.secret()
.part_of(&ENABLED);

pub(crate) const TWILIO_SERVICE_ID: Setting = text(
    "sms.twilio_messaging_service_id",
    "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
    "Messaging service at Twilio (`MG…`), or a phone number there; or a service of Twilio Verify \
     (`VA…`), which then makes and checks the codes.",
)
.part_of(&ENABLED);

pub(crate) const TWILIO_URL: Setting = url(
    "sms.twilio_url",
    "AUTH_SMS_TWILIO_URL",
    "Where Twilio's API for messages is.",
)
.preset("https://api.twilio.com")
.part_of(&ENABLED);

pub(crate) const TWILIO_VERIFY_URL: Setting = url(
    "sms.twilio_verify_url",
    "AUTH_SMS_TWILIO_VERIFY_URL",
    "Where the API of Twilio Verify is.",
)
.preset("https://verify.twilio.com")
.part_of(&ENABLED);

pub(crate) const MODICA_USERNAME: Setting = text(
    "sms.modica_username",
    "AUTH_SMS_MODICA_USERNAME",
    "Account at Modica.",
)
.part_of(&ENABLED);

pub(crate) const MODICA_PASSWORD: Setting = text(
    "sms.modica_password",
    "AUTH_SMS_MODICA_PASSWORD",
    "Password of that account.",
)
.secret()
.part_of(&ENABLED);

pub(crate) const MODICA_URL: Setting = url(
    "sms.modica_url",
    "AUTH_SMS_MODICA_URL",
    "Where Modica's API is.",
)
.preset("https://api.modicagroup.com")
.part_of(&ENABLED);

pub(crate) const GENERIC_URL: Setting = url(
    "sms.generic_url",
    "AUTH_SMS_GENERIC_URL",
    "Web hook that sends the messages.",
)
.part_of(&ENABLED);

pub(crate) const GENERIC_CONTENT_TYPE: Setting = Setting::new(
    "sms.generic_content_type",
    "AUTH_SMS_GENERIC_CONTENT_TYPE",
    Kind::Choice(&["application/json", "application/x-www-form-urlencoded"]),
    "Media type of the request to the web hook; a form has the members of the JSON as its fields, \
     those further in with dots in their names.",
)
.preset("application/json")
.part_of(&ENABLED);

pub(crate) const GENERIC_HEADERS: Setting = Setting::new(
    "sms.generic_headers",
    "AUTH_SMS_GENERIC_HEADERS",
    Kind::Text(&Rule::HEADERS),
    "Headers of the request to the web hook, as JSON.",
)
.preset("{}")
.secret()
.part_of(&ENABLED);

pub(crate) const GENERIC_TIMEOUT: Setting = Setting::new(
    "sms.generic_timeout",
    "AUTH_SMS_GENERIC_TIMEOUT",
    Kind::Duration,
    "How long the web hook may take; at most 30 seconds.",
)
.preset("10s")
.part_of(&ENABLED);

pub(crate) const GENERIC_BODY_TEMPLATE: Setting = text(
    "sms.generic_body_template",
    "AUTH_SMS_GENERIC_BODY_TEMPLATE",
    "Body of the request to the web hook, as a JSON object with `${to}` and `${body}` inside its \
     texts.",
)
.preset(r#"{"to":"${to}","body":"${body}"}"#)
.secret()
.part_of(&ENABLED);

pub(crate) const DEV_OUTPUT_DIR: Setting = text(
    "sms.dev_output_dir",
    "AUTH_SMS_DEV_OUTPUT_DIR",
    "Folder the provider `dev` writes the last message to each number to, as `<number>.txt`.",
)
.part_of(&ENABLED);

pub(crate) const TEST_NUMBERS: Setting = Setting::new(
    "sms.test_phone_numbers",
    "AUTH_SMS_TEST_PHONE_NUMBERS",
    Kind::List(&Rule::TEST_NUMBER),
    "Numbers that get no message because their code is always the same, each as `number=code`. \
     Anybody who knows the code can sign in with them.",
)
.secret()
.part_of(&ENABLED);

/// The section `sms`.
pub(super) const SECTION: Section = Section {
    title: "Text messages",
    settings: &[
        ENABLED,
        PROVIDER,
        TWILIO_ACCOUNT_SID,
        TWILIO_AUTH_TOKEN,
        TWILIO_SERVICE_ID,
        TWILIO_URL,
        TWILIO_VERIFY_URL,
        MODICA_USERNAME,
        MODICA_PASSWORD,
        MODICA_URL,
        GENERIC_URL,
        GENERIC_CONTENT_TYPE,
        GENERIC_HEADERS,
        GENERIC_TIMEOUT,
        GENERIC_BODY_TEMPLATE,
        DEV_OUTPUT_DIR,
        TEST_NUMBERS,
    ],
};
