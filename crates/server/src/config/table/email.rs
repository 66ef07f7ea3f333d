//! Settings of mail.

use super::{Kind, Rule, Section, Setting};

/// Where upstream's image has its templates.
pub(crate) const USUAL_TEMPLATES_PATH: &str = "/app/email-templates";

pub(crate) const SMTP_HOST: Setting = Setting::new(
    "smtp.host",
    "AUTH_SMTP_HOST",
    Kind::Text(&Rule::ANY),
    "Server that takes outgoing mail, or `postmark` for Postmark's API; without one and without a \
     web hook, mail is kept in the development outbox.",
);

pub(crate) const SMTP_PORT: Setting = Setting::new(
    "smtp.port",
    "AUTH_SMTP_PORT",
    Kind::Integer(1, 65535),
    "Its port.",
)
.preset("587")
.part_of(&SMTP_HOST);

pub(crate) const SMTP_SECURE: Setting = Setting::new(
    "smtp.secure",
    "AUTH_SMTP_SECURE",
    Kind::Flag,
    "Whether TLS starts with the connection instead of by STARTTLS.",
)
.preset("false")
.part_of(&SMTP_HOST);

pub(crate) const SMTP_USER: Setting = Setting::new(
    "smtp.user",
    "AUTH_SMTP_USER",
    Kind::Text(&Rule::ANY),
    "Account at the mail server.",
)
.part_of(&SMTP_HOST);

pub(crate) const SMTP_PASSWORD: Setting = Setting::new(
    "smtp.password",
    "AUTH_SMTP_PASS",
    Kind::Text(&Rule::ANY),
    "Password of that account; the server's token with `postmark`.",
)
.secret()
.part_of(&SMTP_HOST);

pub(crate) const SMTP_SENDER: Setting = Setting::new(
    "smtp.sender",
    "AUTH_SMTP_SENDER",
    Kind::Text(&Rule::ANY),
    "Address mails come from.",
)
.part_of(&SMTP_HOST);

pub(crate) const SMTP_CLIENT_NAME: Setting = Setting::new(
    "smtp.client_name",
    "AUTH_SMTP_CLIENT_NAME",
    Kind::Text(&Rule::NOT_BLANK),
    "What this server calls itself there: a host name, or an address in brackets such as `[192.0.2.1]`.",
)
.derived("the host of `server.url`")
.part_of(&SMTP_HOST);

pub(crate) const SMTP_CA_FILE: Setting = Setting::new(
    "smtp.ca_file",
    "AUTH_SMTP_CA_FILE",
    Kind::Text(&Rule::ANY),
    "PEM file of an authority to trust for the mail server's certificate, beside the operating \
     system's.",
)
.part_of(&SMTP_HOST);

pub(crate) const SMTP_PLAIN_ALLOWED: Setting = Setting::new(
    "smtp.plain_allowed",
    "AUTH_SMTP_PLAIN_ALLOWED",
    Kind::Flag,
    "Whether a mail server that offers no TLS is spoken to all the same; never with a password in \
     plain text, and always for one on this machine.",
)
.preset("false")
.part_of(&SMTP_HOST);

pub(crate) const SMTP_AUTH_METHOD: Setting = Setting::new(
    "smtp.auth_method",
    "AUTH_SMTP_AUTH_METHOD",
    Kind::Choice(&["PLAIN", "LOGIN", "CRAM-MD5"]),
    "How the account is proven. Unless it is set, `LOGIN` is used where the mail server offers no \
     `PLAIN`.",
)
.preset("PLAIN")
.part_of(&SMTP_HOST);

pub(crate) const SMTP_API_HEADER: Setting = Setting::new(
    "smtp.x_smtpapi_header",
    "AUTH_SMTP_X_SMTPAPI_HEADER",
    Kind::Text(&Rule::ANY),
    "Value of the header `X-SMTPAPI`.",
)
.part_of(&SMTP_HOST);

pub(crate) const POSTMARK_URL: Setting = Setting::new(
    "smtp.postmark_url",
    "AUTH_SMTP_POSTMARK_URL",
    Kind::Text(&Rule::WEB_URL),
    "Where Postmark's API is, with `smtp.host` as `postmark`.",
)
.preset("https://api.postmarkapp.com")
.part_of(&SMTP_HOST);

pub(crate) const WEBHOOK_URL: Setting = Setting::new(
    "email.webhook_url",
    "AUTH_EMAIL_WEBHOOK_URL",
    Kind::Text(&Rule::WEB_URL),
    "Web hook that takes outgoing mail in the place of an SMTP server.",
);

pub(crate) const WEBHOOK_SECRET: Setting = Setting::new(
    "email.webhook_secret",
    "AUTH_EMAIL_WEBHOOK_SECRET",
    Kind::Text(&Rule::ANY),
    "Key that requests to it are signed with, as Standard Webhooks has it: `whsec_` and base64, or \
     any other text.",
)
.secret()
.part_of(&WEBHOOK_URL);

pub(crate) const TEMPLATES_PATH: Setting = Setting::new(
    "email.templates_path",
    "AUTH_EMAIL_TEMPLATES_PATH",
    Kind::Text(&Rule::ANY),
    "Folder of mail templates in place of the built-in ones; used if it is there.",
)
.preset(USUAL_TEMPLATES_PATH);

pub(crate) const TEMPLATE_FETCH_URL: Setting = Setting::new(
    "email.template_fetch_url",
    "AUTH_EMAIL_TEMPLATE_FETCH_URL",
    Kind::Text(&Rule::WEB_URL),
    "Web server that mail templates are fetched from before those in folders are used, at \
     `<url>/<locale>/<name>/subject.txt`, `body.html` and `body.txt`.",
);

pub(crate) const PASSWORDLESS: Setting = Setting::new(
    "email.passwordless_enabled",
    "AUTH_EMAIL_PASSWORDLESS_ENABLED",
    Kind::Flag,
    "Whether people may sign in with a link sent by mail.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set");

pub(crate) const OTP: Setting = Setting::new(
    "email.otp_enabled",
    "AUTH_OTP_EMAIL_ENABLED",
    Kind::Flag,
    "Whether people may sign in with a code sent by mail.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set");

pub(crate) const LINK_CONFIRM: Setting = Setting::new(
    "email.link_confirm",
    "AUTH_EMAIL_LINK_CONFIRM",
    Kind::Flag,
    "Whether the link of a mail shows a page with a button, so that a scanner of mail that follows \
     every link cannot use it up.",
)
.preset("false")
.protective();

pub(crate) const LINK_CODE: Setting = Setting::new(
    "email.link_code",
    "AUTH_EMAIL_LINK_CODE",
    Kind::Flag,
    "Whether mails with a link carry a code of six digits, too, which works in its place at \
     `/verify/code`.",
)
.preset("false");

pub(crate) const REFRESH_TOKEN_IN_REDIRECT: Setting = Setting::new(
    "email.refresh_token_in_redirect",
    "AUTH_EMAIL_REFRESH_TOKEN_IN_REDIRECT",
    Kind::Flag,
    "Whether a followed link leads back with a refresh token in the URL, as clients without PKCE \
     rely on; with `false` they are led back signed out.",
)
.preset("true")
.protective();

/// The sections `smtp` and `email`.
pub(super) const SECTION: Section = Section {
    title: "Mail",
    settings: &[
        SMTP_HOST,
        SMTP_PORT,
        SMTP_SECURE,
        SMTP_USER,
        SMTP_PASSWORD,
        SMTP_SENDER,
        SMTP_CLIENT_NAME,
        SMTP_CA_FILE,
        SMTP_PLAIN_ALLOWED,
        SMTP_AUTH_METHOD,
        SMTP_API_HEADER,
        POSTMARK_URL,
        WEBHOOK_URL,
        WEBHOOK_SECRET,
        TEMPLATES_PATH,
        TEMPLATE_FETCH_URL,
        PASSWORDLESS,
        OTP,
        LINK_CONFIRM,
        LINK_CODE,
        REFRESH_TOKEN_IN_REDIRECT,
    ],
};
