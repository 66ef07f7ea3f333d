//! Settings of text messages.

use std::{path::PathBuf, time::Duration};

use auth_domain::secret::Secret;
use settings::{Checked, Kind, Optional, Rule, Setting, section};
use sms_sender::{BodyTemplate, ContentType};
use url::Url;

use crate::config::rule::{self, TestNumber};

/// The provider of text messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmsService {
    /// Twilio, or Twilio Verify.
    Twilio,
    /// Modica.
    Modica,
    /// A web hook of the operator.
    Generic,
    /// None: messages are kept in the outbox.
    Dev,
}

impl SmsService {
    /// Every provider with its name in settings.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        (Self::Twilio.word(), Self::Twilio),
        (Self::Modica.word(), Self::Modica),
        (Self::Generic.word(), Self::Generic),
        (Self::Dev.word(), Self::Dev),
    ];

    /// Its name in settings.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Modica => "modica",
            Self::Generic => "generic",
            Self::Dev => "dev",
        }
    }
}

const fn text(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<String, Optional> {
    Setting::new(key, variable, Kind::text(&Rule::ANY), doc)
}

const fn url(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Url, Optional> {
    Setting::new(key, variable, Kind::text(&rule::WEB_URL), doc)
}

section! {
    /// The section `sms`.
    pub(super) const SECTION = "Text messages";

    ENABLED: Setting<bool> = Setting::new(
        "sms.passwordless_enabled",
        "AUTH_SMS_PASSWORDLESS_ENABLED",
        Kind::FLAG,
        "Whether people may sign in, elevate and change their number with a code sent to their phone.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set");

    PROVIDER: Setting<SmsService> = Setting::new(
        "sms.provider",
        "AUTH_SMS_PROVIDER",
        Kind::choice(&SmsService::ALL),
        "Service that sends the messages; `generic` is a web hook, and `dev` sends none.",
    )
    .derived("`twilio`; `dev` in the zero-setup mode while no place of the database is set")
    .part_of(&ENABLED);

    TWILIO_ACCOUNT_SID: Setting<String, Optional> = text(
        "sms.twilio_account_sid",
        "AUTH_SMS_TWILIO_ACCOUNT_SID",
        "Account at Twilio. If it begins with `VA`, Twilio Verify makes and checks the codes.",
    )
    .part_of(&ENABLED);

    TWILIO_AUTH_TOKEN: Setting<Secret, Optional> = Setting::new(
        "sms.twilio_auth_token",
        "AUTH_SMS_TWILIO_AUTH_TOKEN",
        Kind::text(&rule::SECRET),
        "Token of that account.",
    )
    .secret()
    .part_of(&ENABLED);

    TWILIO_SERVICE_ID: Setting<String, Optional> = text(
        "sms.twilio_messaging_service_id",
        "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
        "Messaging service at Twilio (`MG…`), or a phone number there; or a service of Twilio Verify \
         (`VA…`), which then makes and checks the codes.",
    )
    .part_of(&ENABLED);

    TWILIO_URL: Setting<Url> = url(
        "sms.twilio_url",
        "AUTH_SMS_TWILIO_URL",
        "Where Twilio's API for messages is.",
    )
    .preset("https://api.twilio.com")
    .part_of(&ENABLED);

    TWILIO_VERIFY_URL: Setting<Url> = url(
        "sms.twilio_verify_url",
        "AUTH_SMS_TWILIO_VERIFY_URL",
        "Where the API of Twilio Verify is.",
    )
    .preset("https://verify.twilio.com")
    .part_of(&ENABLED);

    MODICA_USERNAME: Setting<String, Optional> = text(
        "sms.modica_username",
        "AUTH_SMS_MODICA_USERNAME",
        "Account at Modica.",
    )
    .part_of(&ENABLED);

    MODICA_PASSWORD: Setting<Secret, Optional> = Setting::new(
        "sms.modica_password",
        "AUTH_SMS_MODICA_PASSWORD",
        Kind::text(&rule::SECRET),
        "Password of that account.",
    )
    .secret()
    .part_of(&ENABLED);

    MODICA_URL: Setting<Url> = url(
        "sms.modica_url",
        "AUTH_SMS_MODICA_URL",
        "Where Modica's API is.",
    )
    .preset("https://api.modicagroup.com")
    .part_of(&ENABLED);

    GENERIC_URL: Setting<Url, Optional> = url(
        "sms.generic_url",
        "AUTH_SMS_GENERIC_URL",
        "Web hook that sends the messages.",
    )
    .part_of(&ENABLED);

    GENERIC_CONTENT_TYPE: Setting<ContentType> = Setting::new(
        "sms.generic_content_type",
        "AUTH_SMS_GENERIC_CONTENT_TYPE",
        Kind::choice(&[
                ("application/json", ContentType::Json),
                ("application/x-www-form-urlencoded", ContentType::Form),
            ]),
        "Media type of the request to the web hook; a form has the members of the JSON as its fields, \
         those further in with dots in their names.",
    )
    .preset("application/json")
    .part_of(&ENABLED);

    GENERIC_HEADERS: Setting<Vec<(String, Secret)>> = Setting::new(
        "sms.generic_headers",
        "AUTH_SMS_GENERIC_HEADERS",
        Kind::text(&rule::HEADERS),
        "Headers of the request to the web hook, as JSON.",
    )
    .preset("{}")
    .secret()
    .part_of(&ENABLED);

    GENERIC_TIMEOUT: Setting<Duration> = Setting::new(
        "sms.generic_timeout",
        "AUTH_SMS_GENERIC_TIMEOUT",
        Kind::DURATION,
        "How long the web hook may take; at most 30 seconds.",
    )
    .preset("10s")
    .part_of(&ENABLED);

    GENERIC_BODY_TEMPLATE: Setting<Checked<BodyTemplate>> = Setting::new(
        "sms.generic_body_template",
        "AUTH_SMS_GENERIC_BODY_TEMPLATE",
        Kind::text(&rule::BODY_TEMPLATE),
        "Body of the request to the web hook, as a JSON object with `${to}` and `${body}` inside its \
         texts.",
    )
    .preset(r#"{"to":"${to}","body":"${body}"}"#)
    .secret()
    .part_of(&ENABLED);

    DEV_OUTPUT_DIR: Setting<PathBuf, Optional> = Setting::new(
        "sms.dev_output_dir",
        "AUTH_SMS_DEV_OUTPUT_DIR",
        Kind::text(&rule::PATH),
        "Folder the provider `dev` writes the last message to each number to, as `<number>.txt`.",
    )
    .part_of(&ENABLED);

    TEST_NUMBERS: Setting<Vec<TestNumber>, Optional> = Setting::new(
        "sms.test_phone_numbers",
        "AUTH_SMS_TEST_PHONE_NUMBERS",
        Kind::list(&rule::TEST_NUMBER),
        "Numbers that get no message because their code is always the same, each as `number=code`. \
         Anybody who knows the code can sign in with them.",
    )
    .secret()
    .part_of(&ENABLED);
}
