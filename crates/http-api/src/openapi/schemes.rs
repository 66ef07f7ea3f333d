//! How callers authenticate.

use utoipa::openapi::{
    SecurityRequirement,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::settings::ApiSettings;

/// The name of the scheme for access tokens.
pub(super) const BEARER: &str = "BearerAuth";

/// The name of the scheme for sessions of the legacy generation.
pub(super) const SESSION: &str = "SessionToken";

/// The name of the scheme for the cookie of the legacy generation.
pub(super) const COOKIE: &str = "SessionCookie";

/// A requirement to use the scheme of this name.
pub(super) fn needing(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [""; 0])
}

/// Every scheme with its name.
pub(super) fn all(settings: &ApiSettings) -> [(&'static str, SecurityScheme); 3] {
    let cookie = ApiKeyValue::with_description(
        settings.legacy.cookie_name.as_str(),
        "Set by sign-up and login of the legacy API.",
    );
    [
        (
            BEARER,
            SecurityScheme::Http(bearer("An access token.").bearer_format("JWT").build()),
        ),
        (
            SESSION,
            SecurityScheme::Http(
                bearer("A session token of the legacy API, or an access token.").build(),
            ),
        ),
        (COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
    ]
}

fn bearer(about: &str) -> HttpBuilder {
    HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(about))
}
