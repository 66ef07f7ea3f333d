//! The session cookie of the legacy API.

use crate::config::{settings::Settings, table::legacy};

/// The cookie that carries a session of the legacy API.
#[derive(Debug, Clone)]
pub(crate) struct SessionCookie {
    /// Its name.
    pub(crate) name: String,
    /// The domain whose hosts share it; `None` for this host alone.
    pub(crate) domain: Option<String>,
    /// Whether browsers send it over TLS only.
    pub(crate) secure: bool,
    /// Whether browsers send it with requests from other sites.
    pub(crate) same_site: SameSite,
}

/// The attribute `SameSite` of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SameSite {
    /// Only when somebody follows a link.
    Lax,
    /// With every request.
    None,
}

impl SessionCookie {
    /// Picks this part from all settings.
    ///
    /// # Errors
    ///
    /// A line about a cookie that no browser would keep.
    pub(crate) fn read(settings: &Settings) -> Result<Self, String> {
        let meanings = [("lax", SameSite::Lax), ("none", SameSite::None)];
        let cookie = Self {
            name: settings
                .text(&legacy::COOKIE_NAME)
                .unwrap_or_default()
                .to_owned(),
            domain: settings.text(&legacy::COOKIE_DOMAIN).map(str::to_owned),
            secure: settings.flag(&legacy::COOKIE_SECURE),
            same_site: settings.choice(&legacy::COOKIE_SAME_SITE, &meanings)?,
        };
        if cookie.same_site == SameSite::None && !cookie.secure {
            let same_site = settings.name(&legacy::COOKIE_SAME_SITE);
            let secure = settings.name(&legacy::COOKIE_SECURE);
            return Err(format!(
                "{same_site} is none while {secure} is false, and browsers drop such a cookie; \
                 change one of them"
            ));
        }
        Ok(cookie)
    }
}
