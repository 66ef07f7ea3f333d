//! The operator's definitions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use provider_custom::{Definition, InvalidDefinition, Service};
use serde_json::{Value, json};

fn parse(definitions: Value) -> Result<Vec<Definition>, Vec<InvalidDefinition>> {
    Definition::parse_all(serde_json::from_value(definitions).unwrap())
}

fn oidc() -> Value {
    json!({
        "type": "oidc",
        "clientId": "an-id",
        "clientSecret": "hunter2",
        "issuer": "https://keycloak.example.com/realms/main",
    })
}

fn oauth2() -> Value {
    json!({
        "type": "oauth2",
        "clientId": "an-id",
        "clientSecret": "hunter2",
        "authorizationUrl": "https://example.com/authorize",
        "tokenUrl": "https://example.com/token",
        "userinfoUrl": "https://example.com/me",
    })
}

fn with(mut definition: Value, name: &str, value: Value) -> Value {
    let members = definition.as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    definition
}

#[test]
fn a_few_members_are_enough() {
    let read = parse(json!({ "acme": oauth2(), "keycloak": oidc() })).unwrap();

    let ids: Vec<_> = read.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["c:acme", "c:keycloak"]);
    let Service::Oidc(oidc) = &read[1].service else {
        panic!("not OpenID Connect");
    };
    assert_eq!(
        oidc.discovery_url.as_str(),
        "https://keycloak.example.com/realms/main/.well-known/openid-configuration"
    );
    let urls: Vec<_> = read[0]
        .requested_urls()
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(urls, ["tokenUrl", "userinfoUrl"]);
}

#[test]
fn a_service_may_describe_itself_elsewhere() {
    let elsewhere = with(
        oidc(),
        "discoveryUrl",
        json!("http://keycloak:8080/described"),
    );

    let read = parse(json!({ "here": oidc(), "there": elsewhere })).unwrap();

    let places = |index: usize| read[index].requested_urls();
    assert_eq!(places(0)[0].0, "issuer");
    assert_eq!(places(1)[0].0, "discoveryUrl");
    assert_eq!(places(1)[0].1.as_str(), "http://keycloak:8080/described");
}

#[test]
fn scopes_are_a_list_or_a_text() {
    for scopes in [
        json!(["openid", "email"]),
        json!("openid email"),
        json!("openid, email"),
    ] {
        let read = parse(json!({ "it": with(oidc(), "scopes", scopes) })).unwrap();
        let Service::Oidc(oidc) = &read[0].service else {
            panic!("not OpenID Connect");
        };
        assert_eq!(oidc.scopes, ["openid", "email"]);
    }
}

#[test]
fn every_wrong_one_is_told_without_its_values() {
    let wrong = [
        (json!("hunter2"), "has to be an object"),
        (json!({}), "`type` is missing"),
        (with(oidc(), "type", json!("saml")), "`type` has to be"),
        (
            with(oidc(), "clientSecret", json!(["hunter2"])),
            "`clientSecret` has to be a text",
        ),
        (
            with(oidc(), "clientSecret", json!("")),
            "`clientSecret` has to be a text",
        ),
        (
            with(oidc(), "clientId", json!(null)),
            "`clientId` is missing",
        ),
        (
            with(oidc(), "issuer", json!("hunter2")),
            "`issuer` has to be a URL",
        ),
        (
            with(oidc(), "issuer", json!("ftp://hunter2")),
            "`issuer` has to be a URL",
        ),
        (
            with(oidc(), "discoveryUrl", json!("hunter2")),
            "`discoveryUrl` has to be a URL",
        ),
        (
            with(oidc(), "scopes", json!(["email"])),
            "`scopes` has to contain openid",
        ),
        (
            with(oidc(), "scopes", json!([7])),
            "`scopes` has to be a list",
        ),
        (
            with(oidc(), "clientsecret", json!("hunter2")),
            "`clientsecret` is not known",
        ),
        (
            with(oidc(), "tokenUrl", json!("https://example.com")),
            "`tokenUrl` is not known",
        ),
        (
            with(oauth2(), "tokenUrl", json!("javascript:hunter2")),
            "`tokenUrl` has to be a URL",
        ),
        (
            with(oauth2(), "userinfoUrl", json!(null)),
            "`userinfoUrl` is missing",
        ),
        (
            with(oauth2(), "claims", json!("hunter2")),
            "`claims` has to be an object",
        ),
        (
            with(oauth2(), "claims", json!({ "uid": "id" })),
            "`uid` is not known",
        ),
        (
            with(oauth2(), "tokenEndpointAuthMethod", json!("hunter2")),
            "`tokenEndpointAuthMethod` has to be",
        ),
    ];
    for (definition, expected) in wrong {
        let problems = parse(json!({ "it": definition })).unwrap_err();

        assert_eq!(problems.len(), 1);
        let text = problems[0].to_string();
        assert!(
            text.starts_with("\"it\": ") && text.contains(expected),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn all_wrong_ones_are_told_at_once() {
    let problems = parse(json!({ "a1": {}, "b2": oidc(), "c3": 7 })).unwrap_err();

    let slugs: Vec<_> = problems.iter().map(|it| it.slug.as_str()).collect();
    assert_eq!(slugs, ["a1", "c3"]);
}

#[test]
fn names_are_as_hasura_auth_has_them() {
    for slug in ["ab", "a-b", "7x", &"x".repeat(40)] {
        assert!(parse(json!({ slug: oidc() })).is_ok(), "{slug}");
    }
    for slug in [
        "",
        "a",
        "-a",
        "a-",
        "A1",
        "a_b",
        "a b",
        "c:a",
        "../x",
        &"x".repeat(41),
    ] {
        assert!(parse(json!({ slug: oidc() })).is_err(), "{slug}");
    }
}
