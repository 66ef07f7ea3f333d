//! Custom claims.

use egress::EgressRules;
use hasura::{ClaimDefinitions, GraphqlEndpoint};
use settings::{Row, Settings};

use crate::config::table::jwt;

/// Custom claims of access tokens.
#[derive(Debug, Clone)]
pub(crate) struct CustomClaimSettings {
    /// The definitions of the claims.
    pub(crate) definitions: ClaimDefinitions,
    /// The Hasura that their values are queried from.
    pub(crate) endpoint: GraphqlEndpoint,
}

impl CustomClaimSettings {
    /// Picks this part from all settings; `None` when no claims are defined. Settings without effect
    /// are added to `warnings`.
    ///
    /// # Errors
    ///
    /// A line about definitions that cannot be read, or about a setting that the query to Hasura lacks.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        let definitions = definitions(settings)?;
        if let Some(definitions) = &definitions {
            warnings.extend(ineffective(settings, definitions));
        }
        let Some(definitions) = definitions.filter(|it| !it.is_empty()) else {
            if !settings.has(&jwt::CUSTOM_CLAIMS) {
                warnings.extend(unused(settings));
            }
            return Ok(None);
        };
        let endpoint = endpoint(settings)?;
        Ok(endpoint.map(|endpoint| Self {
            definitions,
            endpoint,
        }))
    }

    /// Egress rules (SSRF) that allow the host of the operator's own Hasura and no other.
    ///
    /// It usually is in the same private network and has no TLS. Its URL, set together with the admin
    /// secret, is permission enough.
    pub(crate) fn egress_rules(&self) -> EgressRules {
        EgressRules {
            allowed_hosts: self
                .endpoint
                .url
                .host_str()
                .map(str::to_owned)
                .into_iter()
                .collect(),
        }
    }
}

fn definitions(settings: &Settings) -> Result<Option<ClaimDefinitions>, String> {
    let Some(definitions) = settings.checked(&jwt::CUSTOM_CLAIMS)? else {
        return Ok(None);
    };
    let Some(defaults) = settings.get(&jwt::CUSTOM_CLAIMS_DEFAULTS) else {
        return Ok(Some(definitions));
    };
    let definitions = definitions.with_defaults(&defaults);
    settings
        .named(&jwt::CUSTOM_CLAIMS_DEFAULTS, definitions)
        .map(Some)
}

/// The Hasura to query; `None` when its settings were refused already.
///
/// Secret theft: a client may change the URL at `/change-env` to a server that records requests. It
/// gets no secret but one that was set at `/change-env`, too.
fn endpoint(settings: &Settings) -> Result<Option<GraphqlEndpoint>, String> {
    let needed: [&Row; 2] = [&jwt::GRAPHQL_URL, &jwt::ADMIN_SECRET];
    if let Some(missing) = needed.iter().find(|it| settings.is_missing(it)) {
        return Err(format!(
            "{} is set without {}, and Hasura has to be asked for the claims; set it too",
            settings.name(&jwt::CUSTOM_CLAIMS),
            missing.variable
        ));
    }
    if settings.is_changed(&jwt::GRAPHQL_URL) && !settings.is_changed(&jwt::ADMIN_SECRET) {
        return Err(format!(
            "{} was set while the server serves, and the admin secret that it started with goes \
             nowhere else; set {} too",
            settings.name(&jwt::GRAPHQL_URL),
            jwt::ADMIN_SECRET.variable
        ));
    }
    let url = settings.get(&jwt::GRAPHQL_URL);
    let endpoint = url.zip(settings.get(&jwt::ADMIN_SECRET));
    Ok(endpoint.map(|(url, admin_secret)| GraphqlEndpoint { url, admin_secret }))
}

fn ineffective(settings: &Settings, definitions: &ClaimDefinitions) -> Vec<String> {
    let standard = definitions.standard().iter().map(|name| {
        format!(
            "{}: {name:?} is always this server's own claim, so its path has no effect",
            settings.name(&jwt::CUSTOM_CLAIMS)
        )
    });
    let stray = definitions.stray_defaults().iter().map(|name| {
        format!(
            "{}: {name:?} is no custom claim, so its default has no effect",
            settings.name(&jwt::CUSTOM_CLAIMS_DEFAULTS)
        )
    });
    let unreadable = definitions.unreadable().iter().map(|problem| {
        format!(
            "{}: {problem}; tokens are issued without this claim",
            settings.name(&jwt::CUSTOM_CLAIMS)
        )
    });
    standard.chain(stray).chain(unreadable).collect()
}

/// Warns of settings that only custom claims use, where there are none.
fn unused(settings: &Settings) -> Option<String> {
    let related: [&Row; 3] = [
        &jwt::CUSTOM_CLAIMS_DEFAULTS,
        &jwt::GRAPHQL_URL,
        &jwt::ADMIN_SECRET,
    ];
    let set: Vec<_> = related
        .iter()
        .filter(|it| settings.has(it))
        .map(|it| settings.name(it))
        .collect();
    if set.is_empty() {
        return None;
    }
    let have = if set.len() == 1 { "has" } else { "have" };
    Some(format!(
        "{} {have} no effect without {}: this version asks Hasura for custom claims only, \
         and does not track its metadata yet",
        set.join(", "),
        jwt::CUSTOM_CLAIMS.variable
    ))
}
