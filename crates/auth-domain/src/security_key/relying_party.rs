//! The relying party: the domain that keys are bound to, and the origins that may use them.

use std::time::Duration;

use url::{Host, Url};

/// The scheme of native Android applications, whose origin is the hash of their signing key.
const ANDROID: &str = "android:apk-key-hash:";

/// An origin as a browser names it: `https://example.com`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// This server as a relying party (Web Authentication §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    name: String,
    origins: Vec<Origin>,
    timeout: Duration,
}

/// Why keys cannot be bound to a domain, or not be used from an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRelyingParty {
    /// Keys are bound to a domain.
    #[error("{0:?} is not a domain that security keys can be bound to")]
    NoDomain(String),
    /// An origin is a scheme, a host and perhaps a port.
    #[error("{0:?} is not an origin, such as https://example.com")]
    NoOrigin(String),
    /// Browsers know security keys in secure contexts only.
    #[error("{0:?} does not begin with https, and is not on localhost")]
    Insecure(String),
    /// Browsers refuse a key that is bound to another domain.
    #[error("the host of {origin:?} is neither {id:?} nor below it")]
    OtherDomain {
        /// The origin.
        origin: String,
        /// The domain that keys are bound to.
        id: String,
    },
    /// There is no origin where a key could be used.
    #[error("there is no origin that security keys could be used from")]
    NoOrigins,
}

impl RelyingParty {
    /// A relying party with the domain `id`, whose keys are used from `origins`, and whose
    /// ceremonies take no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`InvalidRelyingParty`] when no browser would use such a key: `id` is not a domain, or an
    /// origin is not secure or not on that domain.
    pub fn new(
        id: &str,
        name: &str,
        origins: &[&str],
        timeout: Duration,
    ) -> Result<Self, InvalidRelyingParty> {
        let id = domain(id)?;
        if origins.is_empty() {
            return Err(InvalidRelyingParty::NoOrigins);
        }
        let origins = origins.iter().map(|it| origin(it, &id));
        Ok(Self {
            origins: origins.collect::<Result<_, _>>()?,
            name: name.to_owned(),
            id,
            timeout,
        })
    }

    /// The domain that keys are bound to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name that browsers show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long a user has for a ceremony.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Where keys may be used.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }
}

/// A domain as browsers write it: in lower case, and in Punycode beyond ASCII.
fn domain(text: &str) -> Result<String, InvalidRelyingParty> {
    match Host::parse(text) {
        Ok(Host::Domain(domain)) if !domain.is_empty() => Ok(domain),
        _ => Err(InvalidRelyingParty::NoDomain(text.to_owned())),
    }
}

fn origin(text: &str, id: &str) -> Result<Origin, InvalidRelyingParty> {
    if text.strip_prefix(ANDROID).is_some_and(|it| !it.is_empty()) {
        return Ok(Origin(text.to_owned()));
    }
    let no_origin = || InvalidRelyingParty::NoOrigin(text.to_owned());
    let url = Url::parse(text).ok().ok_or_else(no_origin)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let Some(Host::Domain(host)) = url.host() else {
        return Err(no_origin());
    };
    if !(is_bare && is_anonymous && matches!(url.scheme(), "https" | "http")) {
        return Err(no_origin());
    }
    if url.scheme() == "http" && !is_or_is_below(host, "localhost") {
        return Err(InvalidRelyingParty::Insecure(text.to_owned()));
    }
    if !is_or_is_below(host, id) {
        return Err(InvalidRelyingParty::OtherDomain {
            origin: text.to_owned(),
            id: id.to_owned(),
        });
    }
    Ok(Origin(url.origin().ascii_serialization()))
}

fn is_or_is_below(host: &str, domain: &str) -> bool {
    let above = host.strip_suffix(domain);
    above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relying_party(id: &str, origins: &[&str]) -> Result<RelyingParty, InvalidRelyingParty> {
        RelyingParty::new(id, "Example", origins, Duration::from_mins(1))
    }

    fn origins(id: &str, given: &[&str]) -> Vec<String> {
        let relying_party = relying_party(id, given).unwrap();
        let origins = relying_party.origins().iter();
        origins.map(|it| it.as_str().to_owned()).collect()
    }

    #[test]
    fn origins_on_the_domain_and_below_it_are_kept_as_browsers_write_them() {
        let given = [
            "https://Example.com/",
            "https://app.example.com:8443",
            "https://example.com:443",
            "android:apk-key-hash:abc",
        ];
        assert_eq!(
            origins("EXAMPLE.com", &given),
            [
                "https://example.com",
                "https://app.example.com:8443",
                "https://example.com",
                "android:apk-key-hash:abc"
            ]
        );
    }

    #[test]
    fn localhost_needs_no_https() {
        assert_eq!(
            origins("localhost", &["http://localhost:3000"]),
            ["http://localhost:3000"]
        );
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for id in ["", "127.0.0.1", "[::1]", "https://example.com", "a b"] {
            let refused = relying_party(id, &["https://example.com"]);
            assert_eq!(
                refused,
                Err(InvalidRelyingParty::NoDomain(id.to_owned())),
                "{id}"
            );
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in [
            "",
            "example.com",
            "https://example.com/app",
            "https://example.com/?a",
            "https://ada@example.com",
            "https://127.0.0.1",
            "ftp://example.com",
            "android:apk-key-hash:",
        ] {
            let refused = relying_party("example.com", &[origin]);
            let expected = InvalidRelyingParty::NoOrigin(origin.to_owned());
            assert_eq!(refused, Err(expected), "{origin}");
        }
    }

    #[test]
    fn insecure_and_foreign_origins_are_refused() {
        assert_eq!(
            relying_party("example.com", &["http://example.com"]),
            Err(InvalidRelyingParty::Insecure(
                "http://example.com".to_owned()
            ))
        );
        for origin in ["https://badexample.com", "https://example.com.evil.org"] {
            let expected = InvalidRelyingParty::OtherDomain {
                origin: origin.to_owned(),
                id: "example.com".to_owned(),
            };
            assert_eq!(relying_party("example.com", &[origin]), Err(expected));
        }
        assert_eq!(
            relying_party("example.com", &[]),
            Err(InvalidRelyingParty::NoOrigins)
        );
    }
}
