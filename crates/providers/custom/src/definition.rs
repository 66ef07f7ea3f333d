//! The operator's definition of a service.

use auth_domain::{identity::ProviderId, secret::Secret};
use provider_kit::ClientAuthentication;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    claims::ClaimNames,
    members::{Members, is_web},
};

/// What the scopes of OpenID Connect have to contain (Core §3.1.2.1).
const OPENID: &str = "openid";

/// A service that users may sign in with.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name, with `c:` in front.
    pub id: ProviderId,
    /// Its protocol and settings.
    pub service: Service,
}

/// The protocol of a service.
#[derive(Debug, Clone)]
pub enum Service {
    /// OpenID Connect.
    Oidc(OidcDefinition),
    /// OAuth2 without OpenID Connect.
    OAuth2(Box<OAuth2Definition>),
}

/// A service of OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcDefinition {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The service's issuer, to the letter.
    pub issuer: String,
    /// The URL of its discovery document.
    pub discovery_url: Url,
    /// Scopes to request instead of the defaults, unless empty.
    pub scopes: Vec<String>,
    /// Accepted audiences of ID tokens beside the client id.
    pub audiences: Vec<String>,
}

/// A service of OAuth2.
#[derive(Debug, Clone)]
pub struct OAuth2Definition {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The authorization endpoint.
    pub authorization_url: Url,
    /// The token endpoint.
    pub token_url: Url,
    /// The URL of profiles.
    pub userinfo_url: Url,
    /// Scopes to request, if any.
    pub scopes: Vec<String>,
    /// The names of a profile's members.
    pub claims: ClaimNames,
    /// How this server authenticates at the token endpoint.
    pub authentication: ClientAuthentication,
}

impl OidcDefinition {
    fn place_of_url(&self) -> &'static str {
        if usual_discovery_url(&self.issuer).as_ref() == Ok(&self.discovery_url) {
            "issuer"
        } else {
            "discoveryUrl"
        }
    }
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{slug:?}: {problem}")]
pub struct InvalidDefinition {
    /// The short name of the service.
    pub slug: String,
    /// What is wrong, and how to mend it.
    pub problem: String,
}

impl Definition {
    /// Reads definitions from a JSON object with the short name of each as its key.
    ///
    /// # Errors
    ///
    /// One [`InvalidDefinition`] for each that cannot be read.
    pub fn parse_all(object: Map<String, Value>) -> Result<Vec<Self>, Vec<InvalidDefinition>> {
        let mut definitions = Vec::new();
        let mut invalid = Vec::new();
        for (slug, value) in object {
            match Self::parse(&slug, value) {
                Ok(definition) => definitions.push(definition),
                Err(problem) => invalid.push(InvalidDefinition { slug, problem }),
            }
        }
        if invalid.is_empty() {
            Ok(definitions)
        } else {
            Err(invalid)
        }
    }

    /// The URLs this server sends requests to, with the names of their members.
    #[must_use]
    pub fn requested_urls(&self) -> Vec<(&'static str, &Url)> {
        match &self.service {
            Service::Oidc(oidc) => vec![(oidc.place_of_url(), &oidc.discovery_url)],
            Service::OAuth2(oauth2) => vec![
                ("tokenUrl", &oauth2.token_url),
                ("userinfoUrl", &oauth2.userinfo_url),
            ],
        }
    }

    fn parse(slug: &str, value: Value) -> Result<Self, String> {
        let id = id_of(slug)?;
        let mut members = Members::of(value)?;
        let service = match members.needed("type")?.as_str() {
            "oidc" => Service::Oidc(oidc(&mut members)?),
            "oauth2" => Service::OAuth2(Box::new(oauth2(&mut members)?)),
            _ => return Err("`type` has to be oidc or oauth2".to_owned()),
        };
        members.end()?;
        Ok(Self { id, service })
    }
}

/// Two characters at least, and no hyphen at either end, as in Hasura Auth.
fn id_of(slug: &str) -> Result<ProviderId, String> {
    let fits = slug.len() >= 2 && !slug.starts_with('-') && !slug.ends_with('-');
    let id = ProviderId::parse(&format!("c:{slug}")).ok();
    id.filter(|_| fits).ok_or_else(|| {
        "the name has to be 2 to 40 lower-case letters, digits and hyphens between them".to_owned()
    })
}

fn oidc(members: &mut Members) -> Result<OidcDefinition, String> {
    // Verbatim: the issuer in tokens is compared with it.
    let issuer = members.needed("issuer")?;
    let discovery_url = match members.url("discoveryUrl")? {
        Some(url) => url,
        None => usual_discovery_url(&issuer)?,
    };
    let scopes = members.list("scopes")?;
    if !scopes.is_empty() && !scopes.iter().any(|it| it == OPENID) {
        return Err(format!(
            "`scopes` has to contain {OPENID}, or there are no ID tokens"
        ));
    }
    Ok(OidcDefinition {
        client_id: members.needed("clientId")?,
        client_secret: Secret::new(members.needed("clientSecret")?),
        issuer,
        discovery_url,
        scopes,
        audiences: members.list("audiences")?,
    })
}

/// OpenID Connect Discovery §4.
fn usual_discovery_url(issuer: &str) -> Result<Url, String> {
    let base = issuer.trim_end_matches('/');
    let url = Url::parse(&format!("{base}/.well-known/openid-configuration"));
    let url = url.ok().filter(is_web);
    url.ok_or_else(|| "`issuer` has to be a URL such as https://example.com".to_owned())
}

fn oauth2(members: &mut Members) -> Result<OAuth2Definition, String> {
    Ok(OAuth2Definition {
        client_id: members.needed("clientId")?,
        client_secret: Secret::new(members.needed("clientSecret")?),
        authorization_url: members.needed_url("authorizationUrl")?,
        token_url: members.needed_url("tokenUrl")?,
        userinfo_url: members.needed_url("userinfoUrl")?,
        scopes: members.list("scopes")?,
        claims: ClaimNames::read(members.object("claims")?)?,
        authentication: members.authentication("tokenEndpointAuthMethod")?,
    })
}
