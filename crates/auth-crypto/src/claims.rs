//! The claims of an access token, as JSON.

use auth_domain::{
    DateTime, Utc,
    session::{AccessClaims, AccessIdentity, AuthMethods, SessionId},
    user::{Role, UserId},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Length of a hyphenated UUID; `Uuid` also reads forms that do not occur in tokens.
const HYPHENATED_UUID_CHARS: usize = 36;

/// The claim of an elevated token: the user's id.
const ELEVATED: &str = "x-hasura-auth-elevated";

/// The session a token belongs to (OpenID Connect Back-Channel Logout 1.0 §2.1).
const SESSION: &str = "sid";

/// The user's authentication methods (RFC 8176 §1).
const METHODS: &str = "amr";

/// How many seconds the issuer's clock may be ahead of ours. Nothing is added at the end: a token
/// past its `exp` is not valid.
const AHEAD: i64 = 60;

/// Claims of other tokens that one key may sign beside session tokens, and never of those: access
/// tokens of OAuth clients (RFC 9068 §2.2, RFC 8693 §4, RFC 7800 §3), ID tokens (OpenID Connect
/// Core §2, §3.3.2.11), security events such as logout tokens (RFC 8417 §2.2), and the claim by
/// which some issuers mark a token's use. An ID token or the token of a client must not pass for a
/// session (token confusion, RFC 8725 §2.8).
const OTHER_PURPOSES: [&str; 12] = [
    "client_id",
    "scope",
    "scp",
    "azp",
    "act",
    "may_act",
    "cnf",
    "nonce",
    "at_hash",
    "c_hash",
    "events",
    "token_use",
];

/// What all tokens of one secret have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenProfile {
    /// The issuer.
    pub(crate) issuer: String,
    /// The accepted audiences. Our own tokens name them all.
    pub(crate) audiences: Vec<String>,
    /// Where Hasura's claims are.
    pub(crate) place: ClaimsPlace,
}

/// Where in a token Hasura's claims are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClaimsPlace {
    /// The names on the path to them; none when they are claims of the token itself.
    pub(crate) path: Vec<String>,
    /// Whether they are a string that holds JSON.
    pub(crate) stringified: bool,
}

impl ClaimsPlace {
    /// A payload with nothing but `claims` at their place.
    fn payload(&self, claims: Map<String, Value>) -> Map<String, Value> {
        let claims = Value::Object(claims);
        let innermost = if self.stringified {
            Value::String(claims.to_string())
        } else {
            claims
        };
        let outward = self.path.iter().rev();
        let whole = outward.fold(innermost, |inner, name| json!({ name: inner }));
        match whole {
            Value::Object(payload) => payload,
            // A string needs a name; see `InvalidJwtSecret::StringifiedPayload`.
            _ => Map::new(),
        }
    }

    /// Hasura's claim `name` in a token, whose claims are JSON or a string.
    fn claim(&self, payload: &Map<String, Value>, name: &str) -> Option<Value> {
        let Some((first, rest)) = self.path.split_first() else {
            return payload.get(name).cloned();
        };
        let mut found = payload.get(first)?;
        for step in rest {
            found = found.get(step)?;
        }
        match found {
            Value::String(text) => serde_json::from_str::<Map<_, _>>(text).ok()?.remove(name),
            found => found.get(name).cloned(),
        }
    }
}

/// Whether `name` is a registered claim of a JWT (RFC 7519 §4.1), one of ours, or one that makes a
/// token refused.
pub(crate) fn is_reserved(name: &str) -> bool {
    let registered = [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", SESSION, METHODS,
    ];
    registered.contains(&name) || OTHER_PURPOSES.contains(&name)
}

/// The payload of a session token with this profile. Times are whole seconds.
pub(crate) fn write(claims: &AccessClaims, profile: &TokenProfile) -> Map<String, Value> {
    let issued_at = claims.issued_at.timestamp();
    let ttl = i64::try_from(claims.ttl.as_secs()).unwrap_or(i64::MAX);
    let mut payload = profile.place.payload(hasura_claims(claims));
    // Last, so that no custom claim replaces one of these.
    payload.extend([
        ("sub".to_owned(), json!(claims.user_id.0)),
        ("iss".to_owned(), json!(profile.issuer)),
        ("iat".to_owned(), json!(issued_at)),
        ("exp".to_owned(), json!(issued_at.saturating_add(ttl))),
        (SESSION.to_owned(), json!(claims.session.0)),
    ]);
    match profile.audiences.as_slice() {
        [] => {}
        [one] => drop(payload.insert("aud".to_owned(), json!(one))),
        several => drop(payload.insert("aud".to_owned(), json!(several))),
    }
    let methods: Vec<_> = claims.methods.claim_values().collect();
    if !methods.is_empty() {
        payload.insert(METHODS.to_owned(), json!(methods));
    }
    payload
}

/// Hasura wants every value as text, except for the list.
fn hasura_claims(claims: &AccessClaims) -> Map<String, Value> {
    let allowed_roles: Vec<_> = claims.allowed_roles.iter().map(Role::as_str).collect();
    let custom = claims.custom.iter();
    let elevated = claims
        .is_elevated
        .then(|| (ELEVATED, json!(claims.user_id.0)));
    let standard = [
        ("x-hasura-allowed-roles", json!(allowed_roles)),
        ("x-hasura-default-role", json!(claims.default_role.as_str())),
        ("x-hasura-user-id", json!(claims.user_id.0)),
        (
            "x-hasura-user-is-anonymous",
            json!(claims.is_anonymous.to_string()),
        ),
    ];
    custom
        .map(|(name, text)| (name, json!(text)))
        .chain(standard)
        .chain(elevated)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The bearer of a verified payload, if it is that of a session token with this profile and valid
/// at `now`.
///
/// josekit's own check of the claims is not used: it lets a token without `exp` pass, reads
/// fractions, and panics on a moment that is too far away.
pub(crate) fn read(
    payload: &[u8],
    profile: &TokenProfile,
    now: DateTime<Utc>,
) -> Option<AccessIdentity> {
    let claims: Map<String, Value> = serde_json::from_slice(payload).ok()?;
    let is_ours = claims.get("iss")? == profile.issuer.as_str()
        && !has_another_purpose(&claims)
        && is_for_us(&claims, &profile.audiences);
    if !is_ours || !is_current(&claims, now.timestamp())? {
        return None;
    }
    let user_id = subject(&claims)?;
    Some(AccessIdentity {
        user_id,
        session: claims.get(SESSION).and_then(id).map(SessionId),
        methods: methods(&claims),
        is_elevated: elevated(&claims, &profile.place) == Some(user_id),
    })
}

/// Whether it holds a claim that no session token has, whatever its value (token confusion).
fn has_another_purpose(claims: &Map<String, Value>) -> bool {
    OTHER_PURPOSES.iter().any(|name| claims.contains_key(*name))
}

/// Whether a token names no audience, or only our own. One that names another as well is refused
/// (token confusion), although RFC 7519 §4.1.3 would let it pass.
fn is_for_us(claims: &Map<String, Value>, ours: &[String]) -> bool {
    let is_ours = |audience: &Value| ours.iter().any(|it| audience == it.as_str());
    match claims.get("aud") {
        None => true,
        Some(Value::Array(named)) => !named.is_empty() && named.iter().all(is_ours),
        Some(named) => is_ours(named),
    }
}

/// The user of the elevation claim.
fn elevated(claims: &Map<String, Value>, place: &ClaimsPlace) -> Option<UserId> {
    user_id(&place.claim(claims, ELEVATED)?)
}

/// Whether the token is valid in the second `now`; `None` if its dates are not whole seconds.
///
/// As `now` is the beginning of a second and every date is a whole second, comparing seconds loses
/// nothing.
fn is_current(claims: &Map<String, Value>, now: i64) -> Option<bool> {
    let expires_at = claims.get("exp")?.as_i64()?;
    let latest = now.saturating_add(AHEAD);
    let has_come = |moment: &Value| Some(moment.as_i64()? <= latest);
    let issued = claims.get("iat").map_or(Some(true), has_come)?;
    let begun = claims.get("nbf").map_or(Some(true), has_come)?;
    Some(issued && begun && now < expires_at)
}

fn subject(claims: &Map<String, Value>) -> Option<UserId> {
    user_id(claims.get("sub")?)
}

fn user_id(value: &Value) -> Option<UserId> {
    id(value).map(UserId)
}

fn id(value: &Value) -> Option<Uuid> {
    let text = value.as_str()?;
    let id = Uuid::try_parse(text).ok()?;
    (text.len() == HYPHENATED_UUID_CHARS).then_some(id)
}

/// The methods a token names, those that are unknown left out.
fn methods(claims: &Map<String, Value>) -> AuthMethods {
    let names = claims.get(METHODS).and_then(Value::as_array);
    AuthMethods::of_names(names.into_iter().flatten().filter_map(Value::as_str))
}
