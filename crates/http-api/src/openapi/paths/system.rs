//! Health, readiness, version and keys.

use utoipa::openapi::{
    ObjectBuilder, Type,
    schema::{AdditionalProperties, ArrayBuilder},
};

use super::Operation;
use crate::{
    modern::{
        ChangeRefusalReply, ErrorCode, change_env,
        system::{self, HealthReply, NotReadyReply},
    },
    openapi::operation::modern,
};

pub(super) fn operations(change_env: bool) -> Vec<Operation> {
    let mut operations = vec![
        modern(
            "GET",
            "/healthz",
            system::health,
            "Ask whether the server serves",
        )
        .answering("It does."),
        modern(
            "HEAD",
            "/healthz",
            system::health_head,
            "Ask whether the server serves",
        )
        .answering("It does."),
        readiness("Ask whether the server can do its work"),
        readiness_head("Ask whether the server can do its work"),
        modern(
            "GET",
            "/version",
            system::version,
            "The version of the server",
        )
        .answering("The version."),
        modern(
            "GET",
            "/.well-known/jwks.json",
            system::jwks,
            "The keys that access tokens are signed with",
        )
        .about("Empty while tokens are signed with a shared secret.")
        .answering("A set of JSON Web Keys (RFC 7517).")
        .answers_with(key_set())
        .or(304, "The client knows them, by the tag in `If-None-Match`."),
    ];
    operations.extend(change_env.then(changing_settings));
    operations
}

fn readiness(summary: &'static str) -> Operation {
    modern("GET", "/readyz", system::readiness, summary)
        .about(
            "For load balancers and orchestrators. It needs the database, its migrations and the \
             keys, answers within two seconds, and counts against no rate limit.",
        )
        .answering("It can.")
        .answers::<HealthReply>()
        .or_body::<NotReadyReply>(503, "It cannot, for what is missing.")
}

fn readiness_head(summary: &'static str) -> Operation {
    modern("HEAD", "/readyz", system::readiness_head, summary)
        .answering("It can.")
        .or(503, "It cannot.")
}

fn changing_settings() -> Operation {
    let summary = "Change settings while the server serves";
    modern("POST", "/change-env", change_env::change, summary)
        .about(
            "For tests only: every program that reaches the server under a name of its machine may ask \
             for it; pages of other origins may not, nor may requests that came past a proxy. The members of the body take the place of \
             settings with their names, and stay until they are replaced; unknown ones are ignored.",
        )
        .answering("They hold from now on.")
        .or_body::<ChangeRefusalReply>(400, "Something is wrong with them, and nothing was changed.")
        .errors(&[
            ErrorCode::FORBIDDEN_ENDPOINT,
            ErrorCode::REQUEST_TIMEOUT,
            ErrorCode::REQUEST_TOO_LARGE,
            ErrorCode::INTERNAL_SERVER_ERROR,
        ])
}

/// The health and readiness checks that are served without the prefix where there is one.
pub(super) fn unprefixed() -> Vec<Operation> {
    let summary = "Ask whether the server serves, without the prefix";
    vec![
        modern("GET", "/healthz", system::unprefixed_health, summary)
            .id("getHealthzUnprefixed")
            .answering("It does."),
        modern("HEAD", "/healthz", system::health_head, summary)
            .id("headHealthzUnprefixed")
            .answering("It does."),
        readiness("Ask whether the server can do its work, without the prefix")
            .id("getReadyzUnprefixed"),
        readiness_head("Ask whether the server can do its work, without the prefix")
            .id("headReadyzUnprefixed"),
    ]
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
