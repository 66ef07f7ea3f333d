//! Health, readiness, version and keys; the description of the API, and the hook for tests.

use serde_json::json;
use utoipa::openapi::{
    ObjectBuilder, Type,
    schema::{AdditionalProperties, ArrayBuilder},
};

use crate::{
    endpoint::{Endpoint, get, head, post},
    modern::{
        ChangeRefusalReply, ErrorCode, change_env,
        system::{self, HealthReply, NotReadyReply},
    },
    openapi::{self, operation::Operation},
    settings::ApiSettings,
};

/// Where the health check is served.
pub(crate) const HEALTH: &str = "/healthz";

/// Where the readiness check is served.
pub(crate) const READINESS: &str = "/readyz";

const SERVES: &str = "Ask whether the server serves";
const SERVES_UNPREFIXED: &str = "Ask whether the server serves, without the prefix";
const WORKS: &str = "Ask whether the server can do its work";
const WORKS_UNPREFIXED: &str = "Ask whether the server can do its work, without the prefix";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = about_the_server();
    endpoints.extend(behind_the_prefix());
    endpoints.extend(beside_the_prefix());
    endpoints
}

fn about_the_server() -> Vec<Endpoint> {
    vec![
        get("/version", system::version)
            .summary("The version of the server")
            .success("The version."),
        get("/.well-known/jwks.json", system::jwks)
            .summary("The keys that access tokens are signed with")
            .about("Empty while tokens are signed with a shared secret.")
            .success("A set of JSON Web Keys (RFC 7517).")
            .details(|it| {
                it.answers_with(key_set())
                    .or(304, "The client knows them, by the tag in `If-None-Match`.")
            }),
        get("/openapi.json", openapi::show).unlisted(),
        post("/change-env", change_env::change)
            .served_if(|settings| settings.change_env)
            .for_own_origin()
            .summary("Change settings while the server serves")
            .about(CHANGE_ENV)
            .success("They hold from now on.")
            .details(|it| it.or_body::<ChangeRefusalReply>(400, NOT_CHANGED))
            .example(|| json!({ "AUTH_DISABLE_SIGNUP": false }))
            .errors(&[
                ErrorCode::FORBIDDEN_ENDPOINT,
                ErrorCode::REQUEST_TIMEOUT,
                ErrorCode::REQUEST_TOO_LARGE,
                ErrorCode::INTERNAL_SERVER_ERROR,
            ]),
    ]
}

const CHANGE_ENV: &str = "For tests only: every program that reaches the server under a name of its \
                          machine may ask for it; pages of other origins may not, nor may requests \
                          that came past a proxy. The members of the body take the place of settings \
                          with their names, and stay until they are replaced; unknown ones are ignored.";
const NOT_CHANGED: &str = "Something is wrong with them, and nothing was changed.";

fn behind_the_prefix() -> [Endpoint; 4] {
    [
        health(get(HEALTH, system::health)).summary(SERVES),
        health(head(HEALTH, system::health_head)).summary(SERVES),
        readiness().summary(WORKS),
        readiness_head().summary(WORKS),
    ]
}

/// The health and readiness checks, served without the prefix as well where there is one.
fn beside_the_prefix() -> [Endpoint; 4] {
    [
        health(get(HEALTH, system::unprefixed_health))
            .summary(SERVES_UNPREFIXED)
            .id("getHealthzUnprefixed"),
        health(head(HEALTH, system::health_head))
            .summary(SERVES_UNPREFIXED)
            .id("headHealthzUnprefixed"),
        readiness()
            .summary(WORKS_UNPREFIXED)
            .id("getReadyzUnprefixed"),
        readiness_head()
            .summary(WORKS_UNPREFIXED)
            .id("headReadyzUnprefixed"),
    ]
    .map(|it| it.at_root().served_if(has_prefix))
}

fn has_prefix(settings: &ApiSettings) -> bool {
    !settings.prefix.is_empty()
}

fn health(endpoint: Endpoint) -> Endpoint {
    endpoint.success("It does.").probe()
}

fn readiness() -> Endpoint {
    get(READINESS, system::readiness)
        .about(
            "For load balancers and orchestrators. It needs the database, its migrations and the \
             keys, answers within two seconds, and counts against no rate limit.",
        )
        .success("It can.")
        .details(readiness_bodies)
        .probe()
}

fn readiness_bodies(operation: Operation) -> Operation {
    operation
        .answers::<HealthReply>()
        .or_body::<NotReadyReply>(503, "It cannot, for what is missing.")
}

fn readiness_head() -> Endpoint {
    head(READINESS, system::readiness_head)
        .success("It can.")
        .details(|it| it.or(503, "It cannot."))
        .probe()
}

fn key_set() -> ObjectBuilder {
    let key = ObjectBuilder::new()
        .property("kty", ObjectBuilder::new().schema_type(Type::String))
        .required("kty")
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    ObjectBuilder::new()
        .property("keys", ArrayBuilder::new().items(key))
        .required("keys")
}
