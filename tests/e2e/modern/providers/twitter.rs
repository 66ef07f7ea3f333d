//! Twitter, which speaks OAuth 1.0a.

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Database, Server, ServerBuilder, WebService, on_both_databases, parameter,
};

const SIGN_IN: &str = "/signin/provider/twitter";
const CONFIRMED: &str = "oauth_token=a-request&oauth_token_secret=s&oauth_callback_confirmed=true";

/// Twitter, with this answer to the first step and this profile.
async fn start(request_token: &'static str, profile: Value) -> WebService {
    WebService::start(move |request| match request.line.as_str() {
        "POST /request_token" => (200, request_token.to_owned()),
        "POST /access_token" => (200, "oauth_token=t&oauth_token_secret=s".to_owned()),
        line if line.starts_with("GET /profile") => (200, profile.to_string()),
        _ => (404, String::new()),
    })
    .await
}

fn server(twitter: &WebService, database: &Database) -> ServerBuilder {
    let at = |path: &str| format!("{}/{path}", twitter.url());
    ServerBuilder::new(database)
        .set("AUTH_PROVIDER_TWITTER_ENABLED", "true")
        .set("AUTH_PROVIDER_TWITTER_CONSUMER_KEY", "our-key")
        .set("AUTH_PROVIDER_TWITTER_CONSUMER_SECRET", "our secret")
        .set(
            "AUTH_PROVIDER_TWITTER_REQUEST_TOKEN_URL",
            &at("request_token"),
        )
        .set("AUTH_PROVIDER_TWITTER_AUTHORIZATION_URL", &at("authorize"))
        .set(
            "AUTH_PROVIDER_TWITTER_ACCESS_TOKEN_URL",
            &at("access_token"),
        )
        .set("AUTH_PROVIDER_TWITTER_USER_PROFILE_URL", &at("profile"))
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
}

fn ada() -> Value {
    json!({ "id_str": "4711", "email": "ada@example.com", "name": "Ada Lovelace" })
}

/// The state that Twitter was asked to send back with the callback.
fn state_given_to(twitter: &WebService) -> String {
    let received = twitter.received();
    let asked = received
        .iter()
        .rev()
        .find(|it| it.line == "POST /request_token");
    let header = asked
        .unwrap()
        .headers
        .iter()
        .find(|it| it.starts_with("authorization: OAuth "));
    let (_, rest) = header.unwrap().split_once("%3Fstate%3D").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Goes to Twitter and comes back with these parameters.
async fn visit(twitter: &WebService, server: &Server, brought: &str) -> Answer {
    let browser = Browser::default();
    let sent = browser.get(server, SIGN_IN).await.location();
    assert_eq!(sent.path(), "/authorize");
    assert_eq!(
        parameter(&sent, "oauth_token").as_deref(),
        Some("a-request")
    );
    let state = state_given_to(twitter);
    browser
        .get(
            server,
            &format!("{SIGN_IN}/callback?state={state}{brought}"),
        )
        .await
}

#[track_caller]
fn expect_told(answer: &Answer, code: &str) {
    assert_eq!(
        parameter(&answer.location(), "error").as_deref(),
        Some(code),
        "{answer:?}"
    );
}

on_both_databases! {
    async fn somebody_new_gets_an_account_and_comes_back_to_it(database) {
        let twitter = start(CONFIRMED, ada()).await;
        let server = server(&twitter, &database).start().await;
        let brought = "&oauth_token=a-request&oauth_verifier=v";

        let mut ids = Vec::new();
        for _ in 0..2 {
            let url = visit(&twitter, &server, brought).await.location();
            let token = json!(parameter(&url, "refreshToken").unwrap());
            let user = server.refresh(&token).await.expect(200)["user"].clone();
            assert_eq!(user["email"], "ada@example.com");
            assert_eq!(user["emailVerified"], true);
            ids.push(user["id"].clone());
        }

        assert_eq!(ids[0], ids[1]);
    }

    async fn whatever_fails_on_the_way_back_is_a_profile_that_is_not_to_be_had(database) {
        let twitter = start(CONFIRMED, json!({ "name": "nobody" })).await;
        let server = server(&twitter, &database).start().await;

        for brought in ["", "&oauth_token=a-request", "&oauth_token=a-request&oauth_verifier=v"] {
            let answer = visit(&twitter, &server, brought).await;
            expect_told(&answer, "oauth-profile-fetch-failed");
        }
    }

    async fn nobody_is_sent_where_the_callback_is_not_confirmed(database) {
        let twitter = start("oauth_token=a-request&oauth_token_secret=s", ada()).await;
        let server = server(&twitter, &database).start().await;

        let answer = server.get(SIGN_IN).await;

        expect_told(&answer, "internal-server-error");
        assert_eq!(answer.header("set-cookie"), "");
    }
}
