//! Health, version and keys.

use utoipa::openapi::{
    ObjectBuilder, Type,
    schema::{AdditionalProperties, ArrayBuilder},
};

use super::Operation;
use crate::{modern::system, openapi::operation::modern};

pub(super) fn operations() -> Vec<Operation> {
    vec![
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
        .answers_with(key_set()),
    ]
}

/// The health check that is served without the prefix where there is one.
pub(super) fn unprefixed() -> Vec<Operation> {
    let summary = "Ask whether the server serves, without the prefix";
    vec![
        modern("GET", "/healthz", system::unprefixed_health, summary)
            .id("getHealthzUnprefixed")
            .answering("It does."),
        modern("HEAD", "/healthz", system::health_head, summary)
            .id("headHealthzUnprefixed")
            .answering("It does."),
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
