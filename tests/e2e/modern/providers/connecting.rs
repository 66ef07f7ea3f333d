//! `/signin/provider/{provider}?connect=…`: linking an account with an identity.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, CALLBACK, Database, GitHub, Member, SIGN_IN, Server, on_both_databases,
    parameter,
};

const REFUSED: &str = "The request payload is incorrect";

fn elsewhere() -> Member {
    Member::new(583_231, "elsewhere@example.com", true)
}

fn connecting(session: &Value) -> String {
    let token = session["accessToken"].as_str().unwrap();
    format!("connect={token}&redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fsettings")
}

async fn connect(github: &GitHub, server: &Server, session: &Value) -> Answer {
    let query = connecting(session);
    github
        .visit(server, &Browser::default(), (&query, &elsewhere()))
        .await
}

#[track_caller]
fn expect_told(answer: &Answer, code: &str, message: &str) {
    let url = answer.location();
    assert_eq!(url.path(), "/settings");
    assert_eq!(parameter(&url, "error").as_deref(), Some(code), "{url}");
    assert_eq!(
        parameter(&url, "errorDescription").as_deref(),
        Some(message)
    );
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    expect_told(answer, "invalid-request", REFUSED);
}

async fn links(database: &Database) -> i64 {
    database
        .count("SELECT count(*) AS count FROM auth.user_providers")
        .await
}

on_both_databases! {
    async fn whoever_is_signed_in_links_their_account(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;

        let answer = connect(&github, &server, &session).await;

        assert_eq!(answer.location().as_str(), "http://localhost:3000/settings");
        let arrived = github.session(&server, &elsewhere()).await;
        assert_eq!(arrived["user"]["id"], session["user"]["id"]);
        assert_eq!(arrived["user"]["email"], "ada@example.com");
    }

    async fn the_token_does_not_reach_the_provider(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;

        let sent = server.get(&format!("{SIGN_IN}?{}", connecting(&session))).await;

        let token = session["accessToken"].as_str().unwrap();
        let signature = token.rsplit('.').next().unwrap();
        let url = sent.location();
        assert!(!url.as_str().contains(signature), "{url}");
        let state = parameter(&url, "state").unwrap();
        let decoded = data_encoding::BASE64URL_NOPAD.decode(state.as_bytes()).unwrap();
        let id = session["user"]["id"].as_str().unwrap();
        assert!(!String::from_utf8_lossy(&decoded).contains(id));
    }

    async fn an_identity_is_linked_once(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let ada = server.sign_up("ada@example.com").await;
        let eve = server.sign_up("eve@example.com").await;
        connect(&github, &server, &ada).await.location();

        for session in [&eve, &ada] {
            expect_refused(&connect(&github, &server, session).await);
        }

        assert_eq!(links(&database).await, 1);
        let arrived = github.session(&server, &elsewhere()).await;
        assert_eq!(arrived["user"]["id"], ada["user"]["id"]);
    }

    async fn later_versions_say_that_it_is_linked(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_API_COMPAT", "latest").start().await;
        let session = server.sign_up("ada@example.com").await;
        connect(&github, &server, &session).await.location();

        let again = connect(&github, &server, &session).await;

        let message = "This provider account is already linked to a user";
        expect_told(&again, "provider-account-already-linked", message);
    }

    async fn a_token_that_is_not_good_links_nobody(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let forged = json!({ "accessToken": "forged" });

        let answer = server.get(&format!("{SIGN_IN}?{}", connecting(&forged))).await;

        expect_refused(&answer);
        assert!(github.received().is_empty());
    }

    async fn a_page_of_somebody_else_links_nobody(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("eve@example.com").await;
        let path = format!("{SIGN_IN}?{}", connecting(&session));
        let sent = async |headers: &[(&str, &str)]| {
            let request = server.request(Method::GET, &path);
            let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
            server.send(request).await
        };
        let cross = ("sec-fetch-site", "cross-site");

        for strange in [
            &[cross][..],
            &[cross, ("referer", "https://evil.example.com/")],
            &[("sec-fetch-site", "same-site"), ("referer", "http://localhost:3001/")],
        ] {
            sent(strange).await.expect_error(400, "invalid-request", REFUSED);
        }
        for known in [
            &[cross, ("referer", "http://localhost:3000/settings")][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[],
        ] {
            assert_eq!(sent(known).await.location().path(), "/authorize");
        }
    }

    async fn a_session_that_ended_meanwhile_links_nobody(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let browser = Browser::default();
        let sent = browser.get(&server, &format!("{SIGN_IN}?{}", connecting(&session))).await;
        let back = github.agree(&sent.location(), &elsewhere());
        let out = json!({ "refreshToken": session["refreshToken"] });
        server.post("/signout", &out).await.expect(200);

        let answer = browser.get(&server, &format!("{CALLBACK}?{back}")).await;

        expect_refused(&answer);
        assert_eq!(links(&database).await, 0);
    }

    async fn where_delicate_changes_need_elevation_so_does_linking(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_REQUIRE_ELEVATED_CLAIM", "required");
        let server = server.start().await;
        let session = server.sign_up("ada@example.com").await;

        let answer = server.get(&format!("{SIGN_IN}?{}", connecting(&session))).await;

        expect_refused(&answer);
    }

    async fn an_account_that_may_not_be_used_is_not_linked(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_ANONYMOUS_USERS_ENABLED", "true");
        let server = server.start().await;
        let anonymous = server.anonymous().await;
        let ada = server.sign_up("ada@example.com").await;
        database
            .execute("UPDATE auth.users SET disabled = true WHERE email = 'ada@example.com'")
            .await;

        let of_anonymous = connect(&github, &server, &anonymous).await;
        let of_ada = connect(&github, &server, &ada).await;

        expect_told(&of_anonymous, "forbidden-anonymous", "Forbidden, user is anonymous.");
        expect_told(&of_ada, "disabled-user", "User is disabled");
        assert_eq!(links(&database).await, 0);
    }

    async fn a_deleted_user_links_nothing(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let browser = Browser::default();
        let sent = browser.get(&server, &format!("{SIGN_IN}?{}", connecting(&session))).await;
        let back = github.agree(&sent.location(), &elsewhere());
        database.execute("DELETE FROM auth.users").await;

        let answer = browser.get(&server, &format!("{CALLBACK}?{back}")).await;

        expect_refused(&answer);
        assert_eq!(links(&database).await, 0);
    }
}
