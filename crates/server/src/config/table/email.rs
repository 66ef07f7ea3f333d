//! Settings of mail.

use std::path::PathBuf;

use auth_domain::secret::Secret;
use http_mailer::WebhookKey;
use settings::{Checked, Kind, Optional, Rule, Setting, section};
use smtp_mailer::AuthMethod;
use url::Url;

use crate::config::rule;

/// Where upstream's image has its templates.
pub(crate) const USUAL_TEMPLATES_PATH: &str = "/app/email-templates";

section! {
    /// The sections `smtp` and `email`.
    pub(super) const SECTION = "Mail";

    SMTP_HOST: Setting<String, Optional> = Setting::new(
        "smtp.host",
        "AUTH_SMTP_HOST",
        Kind::text(&Rule::ANY),
        "Server that takes outgoing mail, or `postmark` for Postmark's API; without one and without a \
         web hook, mail is kept in the development outbox.",
    );

    SMTP_PORT: Setting<u16> = Setting::new(
        "smtp.port",
        "AUTH_SMTP_PORT",
        Kind::integer(1, 65535),
        "Its port.",
    )
    .preset("587")
    .part_of(&SMTP_HOST);

    SMTP_SECURE: Setting<bool> = Setting::new(
        "smtp.secure",
        "AUTH_SMTP_SECURE",
        Kind::FLAG,
        "Whether TLS starts with the connection instead of by STARTTLS.",
    )
    .preset("false")
    .part_of(&SMTP_HOST);

    SMTP_USER: Setting<String, Optional> = Setting::new(
        "smtp.user",
        "AUTH_SMTP_USER",
        Kind::text(&Rule::ANY),
        "Account at the mail server.",
    )
    .part_of(&SMTP_HOST);

    SMTP_PASSWORD: Setting<Secret, Optional> = Setting::new(
        "smtp.password",
        "AUTH_SMTP_PASS",
        Kind::text(&rule::SECRET),
        "Password of that account; the server's token with `postmark`.",
    )
    .secret()
    .part_of(&SMTP_HOST);

    SMTP_SENDER: Setting<String, Optional> = Setting::new(
        "smtp.sender",
        "AUTH_SMTP_SENDER",
        Kind::text(&Rule::ANY),
        "Address mails come from.",
    )
    .part_of(&SMTP_HOST);

    SMTP_CLIENT_NAME: Setting<String, Optional> = Setting::new(
        "smtp.client_name",
        "AUTH_SMTP_CLIENT_NAME",
        Kind::text(&Rule::NOT_BLANK),
        "What this server calls itself there: a host name, or an address in brackets such as `[192.0.2.1]`.",
    )
    .if_unset("the host of `server.url`")
    .part_of(&SMTP_HOST);

    SMTP_CA_FILE: Setting<PathBuf, Optional> = Setting::new(
        "smtp.ca_file",
        "AUTH_SMTP_CA_FILE",
        Kind::text(&rule::PATH),
        "PEM file of an authority to trust for the mail server's certificate, beside the operating \
         system's.",
    )
    .part_of(&SMTP_HOST);

    SMTP_PLAIN_ALLOWED: Setting<bool> = Setting::new(
        "smtp.plain_allowed",
        "AUTH_SMTP_PLAIN_ALLOWED",
        Kind::FLAG,
        "Whether a mail server that offers no TLS is spoken to all the same; never with a password in \
         plain text, and always for one on this machine.",
    )
    .preset("false")
    .part_of(&SMTP_HOST);

    SMTP_AUTH_METHOD: Setting<AuthMethod> = Setting::new(
        "smtp.auth_method",
        "AUTH_SMTP_AUTH_METHOD",
        Kind::choice(&[
                ("PLAIN", AuthMethod::Plain),
                ("LOGIN", AuthMethod::Login),
                ("CRAM-MD5", AuthMethod::CramMd5),
            ]),
        "How the account is proven. Unless it is set, `LOGIN` is used where the mail server offers no \
         `PLAIN`.",
    )
    .preset("PLAIN")
    .part_of(&SMTP_HOST);

    SMTP_API_HEADER: Setting<String, Optional> = Setting::new(
        "smtp.x_smtpapi_header",
        "AUTH_SMTP_X_SMTPAPI_HEADER",
        Kind::text(&Rule::ANY),
        "Value of the header `X-SMTPAPI`.",
    )
    .part_of(&SMTP_HOST);

    POSTMARK_URL: Setting<Url> = Setting::new(
        "smtp.postmark_url",
        "AUTH_SMTP_POSTMARK_URL",
        Kind::text(&rule::WEB_URL),
        "Where Postmark's API is, with `smtp.host` as `postmark`.",
    )
    .preset("https://api.postmarkapp.com")
    .part_of(&SMTP_HOST);

    WEBHOOK_URL: Setting<Url, Optional> = Setting::new(
        "email.webhook_url",
        "AUTH_EMAIL_WEBHOOK_URL",
        Kind::text(&rule::WEB_URL),
        "Web hook that takes outgoing mail in the place of an SMTP server.",
    );

    WEBHOOK_SECRET: Setting<Checked<WebhookKey>, Optional> = Setting::new(
        "email.webhook_secret",
        "AUTH_EMAIL_WEBHOOK_SECRET",
        Kind::text(&rule::WEBHOOK_KEY),
        "Key that requests to it are signed with, as Standard Webhooks has it: `whsec_` and base64, or \
         any other text.",
    )
    .secret()
    .part_of(&WEBHOOK_URL);

    TEMPLATES_PATH: Setting<PathBuf> = Setting::new(
        "email.templates_path",
        "AUTH_EMAIL_TEMPLATES_PATH",
        Kind::text(&rule::PATH),
        "Folder of mail templates in place of the built-in ones; used if it is there.",
    )
    .preset(USUAL_TEMPLATES_PATH);

    TEMPLATE_FETCH_URL: Setting<Url, Optional> = Setting::new(
        "email.template_fetch_url",
        "AUTH_EMAIL_TEMPLATE_FETCH_URL",
        Kind::text(&rule::WEB_URL),
        "Web server that mail templates are fetched from before those in folders are used, at \
         `<url>/<locale>/<name>/subject.txt`, `body.html` and `body.txt`.",
    );

    PASSWORDLESS: Setting<bool> = Setting::new(
        "email.passwordless_enabled",
        "AUTH_EMAIL_PASSWORDLESS_ENABLED",
        Kind::FLAG,
        "Whether people may sign in with a link sent by mail.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set");

    OTP: Setting<bool> = Setting::new(
        "email.otp_enabled",
        "AUTH_OTP_EMAIL_ENABLED",
        Kind::FLAG,
        "Whether people may sign in with a code sent by mail.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set");

    LINK_CONFIRM: Setting<bool> = Setting::new(
        "email.link_confirm",
        "AUTH_EMAIL_LINK_CONFIRM",
        Kind::FLAG,
        "Whether the link of a mail shows a page with a button, so that a scanner of mail that follows \
         every link cannot use it up.",
    )
    .preset("false")
    .protective();

    LINK_CODE: Setting<bool> = Setting::new(
        "email.link_code",
        "AUTH_EMAIL_LINK_CODE",
        Kind::FLAG,
        "Whether mails with a link carry a code of six digits, too, which works in its place at \
         `/verify/code`.",
    )
    .preset("false");

    REFRESH_TOKEN_IN_REDIRECT: Setting<bool> = Setting::new(
        "email.refresh_token_in_redirect",
        "AUTH_EMAIL_REFRESH_TOKEN_IN_REDIRECT",
        Kind::FLAG,
        "Whether a followed link leads back with a refresh token in the URL, as clients without PKCE \
         rely on; with `false` they are led back signed out.",
    )
    .preset("true")
    .protective();
}
