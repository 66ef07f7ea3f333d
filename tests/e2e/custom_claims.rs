//! `AUTH_JWT_CUSTOM_CLAIMS`

use serde_json::{Map, Value, json};

use crate::support::{
    Database, PASSWORD, Received, Server, ServerBuilder, WebService, claims_of, legacy_credentials,
    on_both_databases,
};

const ADMIN_SECRET: &str = "hunter2-of-hasura";

/// The Hasura claims of an access token.
fn claims(session: &Value) -> Map<String, Value> {
    claims_of(session)["https://hasura.io/jwt/claims"]
        .as_object()
        .unwrap()
        .clone()
}

/// The custom claims of `session`, beside the four standard claims, which have to be right.
fn custom(session: &Value) -> Value {
    let mut claims = claims(session);
    let standard = [
        ("x-hasura-allowed-roles", json!(["me", "user"])),
        ("x-hasura-default-role", json!("user")),
        ("x-hasura-user-id", session["user"]["id"].clone()),
        ("x-hasura-user-is-anonymous", json!("false")),
    ];
    for (name, expected) in standard {
        assert_eq!(claims.remove(name), Some(expected), "{name}");
    }
    Value::Object(claims)
}

async fn hasura(user: Value) -> WebService {
    WebService::start(move |_| (200, json!({ "data": { "user": user } }).to_string())).await
}

fn asking(service: &WebService, database: &Database, paths: &Value) -> ServerBuilder {
    let url = format!("{}/v1/graphql", service.url());
    ServerBuilder::new(database)
        .set("AUTH_JWT_CUSTOM_CLAIMS", &paths.to_string())
        .set("HASURA_GRAPHQL_GRAPHQL_URL", &url)
        .set("HASURA_GRAPHQL_ADMIN_SECRET", ADMIN_SECRET)
}

fn profile() -> Value {
    json!({
        "profile": {
            "organisation": { "id": "o1" },
            "contributesTo": [{ "project": { "id": "p1" } }, { "project": { "id": "p2" } }],
        },
        "metadata": { "level": 3 },
    })
}

fn profile_paths() -> Value {
    json!({
        "organisation-id": "profile.organisation.id",
        "X-Hasura-Projects": "profile.contributesTo[].project.id",
        "level": "metadata.level",
    })
}

fn profile_claims() -> Value {
    json!({
        "x-hasura-organisation-id": "o1",
        "X-Hasura-Projects": "{\"p1\",\"p2\"}",
        "x-hasura-level": "3",
    })
}

/// The queries to Hasura about the user of `session`. At its start the server queries without a user,
/// to check that the query is allowed.
fn asked_about(session: &Value, service: &WebService) -> Vec<Received> {
    let id = session["user"]["id"].as_str().unwrap();
    let received = service.received().into_iter();
    received.filter(|it| it.body.contains(id)).collect()
}

/// Hasura's answer about a field that it does not have.
fn refusal(path: &str) -> Value {
    let extensions = json!({ "code": "validation-failed", "path": path });
    json!({ "errors": [{ "message": "field not found", "extensions": extensions }] })
}

async fn signed_in(server: &Server) -> Value {
    let answer = server.sign_in("ada@example.com", PASSWORD).await;
    answer.expect(200)["session"].clone()
}

on_both_databases! {
    async fn every_way_to_a_token_leads_to_the_claims(database) {
        let service = hasura(profile()).await;
        let server = asking(&service, &database, &profile_paths()).start().await;

        let signed_up = server.sign_up("ada@example.com").await;
        let signed_in = signed_in(&server).await;
        let refreshed = server.refresh(&signed_in["refreshToken"]).await.expect(200);

        for session in [signed_up, signed_in, refreshed] {
            assert_eq!(custom(&session), profile_claims());
        }
    }

    async fn hasura_is_asked_once_for_each_token_with_the_admin_secret(database) {
        let service = hasura(profile()).await;
        // A host name with a private address, as in a network of containers.
        let url = service.url().replace("127.0.0.1", "localhost");
        let server = asking(&service, &database, &profile_paths())
            .set("HASURA_GRAPHQL_GRAPHQL_URL", &format!("{url}/v1/graphql"))
            .start()
            .await;

        let session = server.sign_up("ada@example.com").await;
        server.refresh(&session["refreshToken"]).await.expect(200);
        // Neither answer has a token with claims.
        server.sign_in("ada@example.com", "wrong password").await.expect(401);
        server.post("/v1/signup", &legacy_credentials("john", PASSWORD)).await.expect(200);

        let received = asked_about(&session, &service);
        assert_eq!(received.len(), 2, "{received:?}");
        for request in received {
            assert_eq!(request.line, "POST /v1/graphql");
            for header in [
                "x-hasura-admin-secret: hunter2-of-hasura",
                "content-type: application/json",
                "accept: application/json",
            ] {
                assert!(request.headers.iter().any(|it| it == header), "{request:?}");
            }
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let expected = json!({
                "query": "query GetClaims($id: uuid!) { user(id:$id) {metadata profile{\
                          contributesTo{project{id }}organisation{id }}} }",
                "variables": { "id": session["user"]["id"] },
            });
            assert_eq!(body, expected);
        }
    }

    async fn what_is_missing_is_its_default_or_null(database) {
        let service = hasura(json!({ "profile": null, "tags": [] })).await;
        let paths = json!({
            "organisation-id": "profile.organisation.id",
            "projects": "profile.projects[].id",
            "tags": "tags[*].name",
        });
        let defaults = json!({ "projects": ["none"], "tags": ["unused"] });
        let server = asking(&service, &database, &paths)
            .set("AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", &defaults.to_string())
            .start()
            .await;

        let session = server.sign_up("ada@example.com").await;

        let expected = json!({
            "x-hasura-organisation-id": "null",
            "x-hasura-projects": "{\"none\"}",
            "x-hasura-tags": "{}",
        });
        assert_eq!(custom(&session), expected);
    }

    async fn a_custom_claim_never_takes_the_place_of_a_standard_one(database) {
        let service = hasura(json!({ "metadata": { "evil": "admin" } })).await;
        let paths = json!({
            "user-id": "metadata.evil",
            "x-hasura-user-id": "metadata.evil",
            "X-Hasura-User-Id": "metadata.evil",
            "allowed-roles": "metadata.evil",
            "Default-Role": "metadata.evil",
            "X-HASURA-USER-IS-ANONYMOUS": "metadata.evil",
            "x-hasura-auth-elevated": "metadata.evil",
            "role": "metadata.evil",
            "harmless": "metadata.evil",
        });
        let server = asking(&service, &database, &paths).start().await;

        let session = server.sign_up("ada@example.com").await;

        assert_eq!(custom(&session), json!({ "x-hasura-harmless": "admin" }));
        let token = session["accessToken"].as_str().unwrap();
        let user = server.get_as(token, "/user").await.expect(200);
        assert_eq!(user["id"], session["user"]["id"]);
    }

    async fn a_path_that_hasura_refuses_costs_one_claim_and_is_named(database) {
        let service = WebService::start(|request| {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let answer = if body["query"].as_str().unwrap().contains("organisaton") {
                refusal("$.selectionSet.user.selectionSet.profile.selectionSet.organisaton")
            } else if body["variables"]["id"] == json!("00000000-0000-0000-0000-000000000000") {
                json!({ "data": { "user": null } })
            } else {
                json!({ "data": { "user": profile() } })
            };
            (200, answer.to_string())
        })
        .await;
        let paths = json!({
            "organisation-id": "profile.organisaton.id",
            "X-Hasura-Projects": "user.profile.contributesTo[].project.id",
            "level": "metadata.level",
            "name": "profile.first-name",
        });
        let server = asking(&service, &database, &paths).start().await;

        server.printed("Hasura refuses the path of a custom claim").await;
        server.printed("profile.first-name").await;
        let session = server.sign_up("ada@example.com").await;
        let asked_so_far = asked_about(&session, &service).len();
        let refreshed = server.refresh(&session["refreshToken"]).await.expect(200);

        let expected = json!({ "X-Hasura-Projects": "{\"p1\",\"p2\"}", "x-hasura-level": "3" });
        assert_eq!(custom(&session), expected);
        assert_eq!(custom(&refreshed), expected);
        // Cached values are not queried again.
        assert_eq!(asked_about(&session, &service).len(), asked_so_far + 1);
        let log = server.output();
        let told: Vec<_> = log.lines().filter(|it| it.contains("Hasura refuses the path")).collect();
        assert_eq!(told.len(), 1, "{log}");
        for part in ["organisation-id", "profile.organisaton.id", "profile.organisaton"] {
            assert!(told[0].contains(part), "{log}");
        }
    }

    async fn a_secret_that_hasura_refuses_is_not_taken_for_a_bad_path(database) {
        let denied = json!({ "errors": [{
            "message": "denied",
            "extensions": { "code": "access-denied", "path": "$" },
        }] });
        let service = WebService::start(move |_| (200, denied.to_string())).await;
        let server = asking(&service, &database, &profile_paths()).start().await;

        server.printed("Hasura could not be asked for custom claims at the start").await;
        let session = server.sign_up("ada@example.com").await;

        assert_eq!(custom(&session), json!({}));
        assert_eq!(service.received().len(), 2);
        assert!(!server.output().contains("refuses the path"));
    }

    async fn a_hasura_in_trouble_costs_the_claims_and_not_the_session(database) {
        let answers = [
            (500, format!("oops {ADMIN_SECRET}")),
            (200, format!("no JSON {ADMIN_SECRET}")),
            (200, json!({ "data": { "user": null } }).to_string()),
            (200, json!({ "errors": [{ "message": ADMIN_SECRET }] }).to_string()),
        ];
        for (number, (status, body)) in answers.into_iter().enumerate() {
            let service = WebService::start(move |_| (status, body.clone())).await;
            let server = asking(&service, &database, &profile_paths()).start().await;

            let session = server.sign_up(&format!("ada{number}@example.com")).await;

            assert_eq!(custom(&session), json!({}));
            server.printed("an access token is issued without custom claims").await;
            let log = server.output();
            assert!(log.contains(session["user"]["id"].as_str().unwrap()), "{log}");
            assert!(!log.contains(ADMIN_SECRET), "{log}");
        }
    }

    async fn a_hasura_that_is_away_costs_the_claims_until_it_is_back(database) {
        let service = hasura(profile()).await;
        let url = service.url().to_owned();
        let builder = asking(&service, &database, &profile_paths());
        drop(service);
        let server = builder.start().await;

        let session = server.sign_up("ada@example.com").await;
        let refreshed = server.refresh(&session["refreshToken"]).await.expect(200);

        for session in [session, refreshed] {
            assert_eq!(custom(&session), json!({}));
        }
        server.printed("cannot be reached").await;
        let log = server.output();
        assert!(!log.contains(ADMIN_SECRET) && !log.contains(&url), "{log}");
    }

    async fn what_is_allowed_for_hasura_is_allowed_for_nothing_else(database) {
        let service = hasura(profile()).await;
        let named = service.url().replace("127.0.0.1", "localhost");
        let server = asking(&service, &database, &profile_paths())
            .set("HASURA_GRAPHQL_GRAPHQL_URL", &format!("{named}/v1/graphql"))
            .set("AUTH_PASSWORD_HIBP_ENABLED", "true")
            .set("AUTH_PASSWORD_HIBP_URL", &named.replace("http://", "https://"))
            .start()
            .await;

        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let refused = server.post("/signup/email-password", &body).await;

        refused.expect_error(500, "internal-server-error", "Internal server error");
        let received = service.received();
        assert!(received.iter().all(|it| it.line == "POST /v1/graphql"), "{received:?}");
    }
}
