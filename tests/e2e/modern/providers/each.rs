//! Every provider, with a new user and with a known one.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Database, Server, ServerBuilder, WebService, on_both_databases, parameter,
};

/// A provider as its documentation describes it.
struct Service {
    name: &'static str,
    /// The prefix of its settings, after `AUTH_PROVIDER_`.
    settings: &'static str,
    /// Its answers about a user, by the last part of the path.
    answers: Vec<(&'static str, Value)>,
    /// The expected profile: the linked id, the address, whether that is verified.
    person: (&'static str, Option<&'static str>, bool),
}

fn service(
    (name, settings): (&'static str, &'static str),
    profile: Value,
    person: (&'static str, Option<&'static str>, bool),
) -> Service {
    Service {
        name,
        settings,
        answers: vec![("profile", profile)],
        person,
    }
}

fn services() -> Vec<Service> {
    vec![
        service(
            ("azuread", "AZUREAD"),
            json!({ "oid": "a-1", "email": "azuread@example.com", "name": "Ada" }),
            ("a-1", Some("azuread@example.com"), false),
        ),
        Service {
            name: "bitbucket",
            settings: "BITBUCKET",
            answers: vec![
                ("profile", json!({ "uuid": "{b-1}", "display_name": "Ada" })),
                (
                    "emails",
                    json!({ "values": [
                        { "email": "bitbucket@example.com", "is_confirmed": true }
                    ] }),
                ),
            ],
            person: ("{b-1}", Some("bitbucket@example.com"), true),
        },
        service(
            ("discord", "DISCORD"),
            json!({
                "id": "4711", "username": "ada", "discriminator": "1337",
                "email": "discord@example.com", "verified": true,
            }),
            ("4711", Some("discord@example.com"), true),
        ),
        service(
            ("entraid", "ENTRAID"),
            json!({ "sub": "e-1", "email": "entraid@example.com", "name": "Ada" }),
            ("e-1", Some("entraid@example.com"), false),
        ),
        service(
            ("facebook", "FACEBOOK"),
            json!({ "id": "f-1", "email": "facebook@example.com", "name": "Ada" }),
            ("f-1", Some("facebook@example.com"), false),
        ),
        Service {
            name: "github",
            settings: "GITHUB",
            answers: vec![
                ("profile", json!({ "id": 1, "name": "Ada" })),
                (
                    "emails",
                    json!([{ "email": "github@example.com", "primary": true, "verified": true }]),
                ),
            ],
            person: ("1", Some("github@example.com"), true),
        },
        service(
            ("gitlab", "GITLAB"),
            json!({
                "id": 2, "email": "gitlab@example.com", "name": "Ada",
                "confirmed_at": "2012-05-23T09:05:22.000Z",
            }),
            ("2", Some("gitlab@example.com"), true),
        ),
        service(
            ("google", "GOOGLE"),
            json!({ "id": "g-1", "email": "google@example.com", "verified_email": true }),
            ("g-1", Some("google@example.com"), true),
        ),
        service(
            ("linkedin", "LINKEDIN"),
            json!({ "sub": "l-1", "email": "linkedin@example.com", "email_verified": true }),
            ("l-1", Some("linkedin@example.com"), true),
        ),
        service(
            ("spotify", "SPOTIFY"),
            json!({ "id": "s-1", "email": "spotify@example.com", "display_name": "Ada" }),
            ("s-1", Some("spotify@example.com"), false),
        ),
        service(
            ("strava", "STRAVA"),
            json!({ "id": 3, "firstname": "Ada", "lastname": "Lovelace" }),
            ("3", None, false),
        ),
        service(
            ("twitch", "TWITCH"),
            json!({ "data": [{ "id": "4", "email": "twitch@example.com" }] }),
            ("4", Some("twitch@example.com"), true),
        ),
        service(
            ("windowslive", "WINDOWS_LIVE"),
            json!({ "id": "w-1", "emails": { "preferred": "windows@example.com" } }),
            ("w-1", Some("windows@example.com"), false),
        ),
        service(
            ("workos", "WORKOS"),
            json!({ "id": "prof_1", "email": "workos@example.com", "first_name": "Ada" }),
            ("prof_1", Some("workos@example.com"), false),
        ),
    ]
}

/// All of them at one address, each below its name.
async fn start() -> WebService {
    let mut answers = HashMap::new();
    for service in services() {
        for (part, answer) in &service.answers {
            let below = if *part == "profile" {
                format!("GET /{}/profile", service.name)
            } else {
                format!("GET /{}/profile/{part}", service.name)
            };
            answers.insert(below, answer.to_string());
        }
    }
    WebService::start(move |request| {
        let (line, _query) = request.line.split_once('?').unwrap_or((&request.line, ""));
        if line.ends_with("/token") && request.body.contains("code=a-code") {
            return (200, json!({ "access_token": "a-token" }).to_string());
        }
        let is_ours = request
            .headers
            .contains(&"authorization: Bearer a-token".to_owned());
        let answer = answers.get(line).filter(|_| is_ours).cloned();
        answer.map_or((404, "{}".to_owned()), |it| (200, it))
    })
    .await
}

fn with(builder: ServerBuilder, service: &Service, url: &str) -> ServerBuilder {
    let name = |setting: &str| format!("AUTH_PROVIDER_{}_{setting}", service.settings);
    let at = |path: &str| format!("{url}/{}/{path}", service.name);
    builder
        .set(&name("ENABLED"), "true")
        .set(&name("CLIENT_ID"), "our-client")
        .set(&name("CLIENT_SECRET"), "our secret")
        .set(&name("AUTHORIZATION_URL"), &at("authorize"))
        .set(&name("TOKEN_URL"), &at("token"))
        .set(&name("USER_PROFILE_URL"), &at("profile"))
}

/// A server with all of them switched on.
fn server(database: &Database, elsewhere: &WebService) -> ServerBuilder {
    let builder = ServerBuilder::new(database).set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1");
    let services = services();
    services.iter().fold(builder, |builder, service| {
        with(builder, service, elsewhere.url())
    })
}

async fn arrive(server: &Server, name: &str) -> Answer {
    let browser = Browser::default();
    let path = format!("/signin/provider/{name}");
    let sent = browser.get(server, &path).await.location();
    assert_eq!(sent.path(), format!("/{name}/authorize"));
    let state = parameter(&sent, "state").unwrap();
    browser
        .get(
            server,
            &format!("{path}/callback?code=a-code&state={state}"),
        )
        .await
}

async fn session(server: &Server, name: &str) -> Value {
    let url = arrive(server, name).await.location();
    let token = parameter(&url, "refreshToken");
    let token = token.unwrap_or_else(|| panic!("{name} signed nobody in: {url}"));
    server.refresh(&json!(token)).await.expect(200)
}

on_both_databases! {
    async fn somebody_new_gets_an_account_and_somebody_known_comes_back_to_it(database) {
        let elsewhere = start().await;
        let server = server(&database, &elsewhere).start().await;

        for service in services() {
            let first = session(&server, service.name).await;
            let second = session(&server, service.name).await;

            let (id, email, is_verified) = service.person;
            let user = &first["user"];
            assert_eq!(user["id"], second["user"]["id"], "{}", service.name);
            assert_eq!(user["email"].as_str(), email, "{}", service.name);
            assert_eq!(user["emailVerified"], is_verified, "{}", service.name);
            let links = format!(
                "SELECT count(*) AS count FROM auth.user_providers \
                 WHERE provider_id = '{}' AND provider_user_id = '{id}'",
                service.name
            );
            assert_eq!(database.count(&links).await, 1, "{}", service.name);
        }
    }

    async fn an_address_that_a_provider_does_not_vouch_for_leads_to_nobodys_account(database) {
        let elsewhere = start().await;
        let server = server(&database, &elsewhere).start().await;

        for service in services() {
            let (_, Some(email), is_verified) = service.person else {
                continue;
            };
            let known = server.sign_up(email).await;
            if is_verified {
                let arrived = session(&server, service.name).await;
                assert_eq!(arrived["user"]["id"], known["user"]["id"], "{}", service.name);
            } else {
                let url = arrive(&server, service.name).await.location();
                let error = parameter(&url, "error");
                assert_eq!(error.as_deref(), Some("email-already-in-use"), "{}", service.name);
            }
        }
    }
}
