//! Settings of redirects.

use super::{Kind, Rule, Section, Setting};

pub(crate) const CLIENT_URL: Setting = Setting::new(
    "redirects.client_url",
    "AUTH_CLIENT_URL",
    Kind::Text(&Rule::APP_URL),
    "The application people come from and are led back to.",
)
.derived("none; a page of this server, `/landing`, in the zero-setup mode");

pub(crate) const ALLOWED_URLS: Setting = Setting::new(
    "redirects.allowed_urls",
    "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
    Kind::List(&Rule::ANY),
    "Patterns of further places that people may be led to, each with everything below it.",
);

/// The section `redirects`.
pub(super) const SECTION: Section = Section {
    title: "Redirects: where links and sign-ins may lead",
    settings: &[CLIENT_URL, ALLOWED_URLS],
};
