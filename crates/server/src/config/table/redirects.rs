//! Settings of redirects.

use settings::{Kind, Optional, Rule, Setting, section};

use crate::config::rule;

section! {
    /// The section `redirects`.
    pub(super) const SECTION = "Redirects: where links and sign-ins may lead";

    CLIENT_URL: Setting<String, Optional> = Setting::new(
        "redirects.client_url",
        "AUTH_CLIENT_URL",
        Kind::text(&rule::APP_URL),
        "The application people come from and are led back to.",
    )
    .if_unset("none; a page of this server, `/landing`, in the zero-setup mode");

    ALLOWED_URLS: Setting<Vec<String>, Optional> = Setting::new(
        "redirects.allowed_urls",
        "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
        Kind::list(&Rule::ANY),
        "Patterns of further places that people may be led to, each with everything below it.",
    );
}
