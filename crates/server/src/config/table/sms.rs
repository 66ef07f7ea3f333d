//! Settings of text messages.

use super::{Kind, Rule, Section, Setting};

const SMS: &str = "send text messages yet";

const fn text(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::ANY), doc).not_yet(SMS)
}

/// The section `sms`.
pub(super) const SECTION: Section = Section {
    title: "Text messages",
    settings: &[
        Setting::new(
            "sms.passwordless_enabled",
            "AUTH_SMS_PASSWORDLESS_ENABLED",
            Kind::Flag,
            "Whether people may sign in with a code sent to their phone.",
        )
        .preset("false")
        .not_yet(SMS),
        Setting::new(
            "sms.provider",
            "AUTH_SMS_PROVIDER",
            Kind::Choice(&["twilio", "modica", "generic", "dev"]),
            "Service that sends the messages.",
        )
        .preset("twilio")
        .not_yet(SMS),
        text(
            "sms.twilio_account_sid",
            "AUTH_SMS_TWILIO_ACCOUNT_SID",
            "Account at Twilio.",
        ),
        text(
            "sms.twilio_auth_token",
            "AUTH_SMS_TWILIO_AUTH_TOKEN",
            "Token of that account.",
        )
        .secret(),
        text(
            "sms.twilio_messaging_service_id",
            "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
            "Messaging service at Twilio.",
        ),
        text(
            "sms.modica_username",
            "AUTH_SMS_MODICA_USERNAME",
            "Account at Modica.",
        ),
        text(
            "sms.modica_password",
            "AUTH_SMS_MODICA_PASSWORD",
            "Password of that account.",
        )
        .secret(),
        Setting::new(
            "sms.generic_url",
            "AUTH_SMS_GENERIC_URL",
            Kind::Text(&Rule::WEB_URL),
            "Web hook that sends the messages.",
        )
        .not_yet(SMS),
        text(
            "sms.generic_content_type",
            "AUTH_SMS_GENERIC_CONTENT_TYPE",
            "Media type of the request to the web hook.",
        )
        .preset("application/json"),
        Setting::new(
            "sms.generic_headers",
            "AUTH_SMS_GENERIC_HEADERS",
            Kind::Text(&Rule::JSON_OBJECT),
            "Headers of the request to the web hook, as JSON.",
        )
        .preset("{}")
        .secret()
        .not_yet(SMS),
        Setting::new(
            "sms.generic_timeout",
            "AUTH_SMS_GENERIC_TIMEOUT",
            Kind::Duration,
            "How long the web hook may take.",
        )
        .preset("10s")
        .not_yet(SMS),
        text(
            "sms.generic_body_template",
            "AUTH_SMS_GENERIC_BODY_TEMPLATE",
            "Body of the request to the web hook, as JSON with `${to}` and `${body}`.",
        ),
        text(
            "sms.dev_output_dir",
            "AUTH_SMS_DEV_OUTPUT_DIR",
            "Folder the provider `dev` writes messages to.",
        ),
    ],
};
