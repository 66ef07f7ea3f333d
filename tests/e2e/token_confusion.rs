//! Token confusion: tokens that the server's own key signed for another purpose than a session.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    authenticated_routes::{hs256, signed},
    error_rows::{INVALID_REQUEST, SHARED_KEY, expect_row, shared_secret},
    support::{
        Answer, Browser, Database, GitHub, PASSWORD, SIGN_IN, Server, ServerBuilder, claims_of,
        on_both_databases, parameter,
    },
};

const ADA: &str = "ada@example.com";

/// Claims of a token in the form of the original's: without what only this server writes.
fn original_claims(session: &Value) -> Value {
    let mut claims = claims_of(session);
    for name in ["sid", "amr"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    claims
}

/// Tokens of a user that the right key signed and that are otherwise valid, but with another audience
/// than this server or not meant as a bearer token.
fn for_other_purposes(session: &Value) -> Vec<(String, String)> {
    let mut tokens = Vec::new();
    for claims in [claims_of(session), original_claims(session)] {
        for (name, value) in [
            ("client_id", json!("an-app")),
            ("scope", json!("openid profile graphql")),
            ("aud", json!("an-app")),
            ("aud", json!(["http://auth.example.com"])),
            ("azp", json!("an-app")),
            ("nonce", json!("n-0S6_WzA2Mj")),
            ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
            ("token_use", json!("id")),
        ] {
            let mut claims = claims.clone();
            claims[name] = value;
            tokens.push((name.to_owned(), signed(&hs256(), &claims)));
        }
        for (name, value) in [
            ("typ", "at+jwt"),
            ("typ", "application/at+jwt"),
            ("typ", "logout+jwt"),
            ("typ", "JOSE"),
            ("cty", "JWT"),
        ] {
            let mut header = hs256();
            header[name] = json!(value);
            tokens.push((format!("{name} {value}"), signed(&header, &claims)));
        }
        let mut header = hs256();
        header["crit"] = json!(["exp"]);
        tokens.push(("crit".to_owned(), signed(&header, &claims)));
    }
    tokens
}

/// Accepted tokens: the server's own, and those that the original and other programs sign.
fn for_sessions(session: &Value) -> Vec<String> {
    let original = original_claims(session);
    vec![
        session["accessToken"].as_str().unwrap().to_owned(),
        signed(&hs256(), &original),
        signed(&json!({ "alg": "HS256" }), &original),
        signed(&json!({ "alg": "HS256", "typ": "jwt" }), &original),
    ]
}

/// Whether an answer of the modern API refuses the access token.
#[track_caller]
fn expect_bad_token(answer: &Answer, place: &str) {
    let is_told = answer.text.contains("SecurityRequirementsError");
    assert!(answer.status == 400 && is_told, "{place}: {answer:?}");
}

async fn change_password(server: &Server, token: &str) -> Answer {
    let body = json!({ "old_password": PASSWORD, "new_password": PASSWORD });
    server
        .post_as(token, "/v1/user/change-password", &body)
        .await
}

async fn with_cookie(server: &Server, token: &str) -> Answer {
    let request = server.request(Method::GET, "/v1/user/info");
    server
        .send(request.header(header::COOKIE, format!("dinoisses={token}")))
        .await
}

on_both_databases! {
    async fn a_token_for_another_purpose_opens_nothing(database) {
        let github = GitHub::start().await;
        let server = github
            .server(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", &shared_secret())
            .start()
            .await;
        let ada = server.sign_up(ADA).await;

        for (kind, token) in for_other_purposes(&ada) {
            for path in ["/user", "/user/sessions", "/elevate"] {
                expect_bad_token(&server.get_as(&token, path).await, &format!("{kind}: {path}"));
            }
            for path in ["/pat", "/link/idtoken", "/user/sessions/end-others"] {
                let answer = server.post_as(&token, path, &json!({})).await;
                expect_bad_token(&answer, &format!("{kind}: {path}"));
            }
            // Where a token is optional, an invalid one counts as none.
            for (path, body) in [
                ("/signout", json!({ "all": true })),
                ("/user/password", json!({ "newPassword": "battery staple" })),
                ("/token/verify", json!({})),
            ] {
                let answer = server.post_as(&token, path, &body).await;
                expect_row(&answer, INVALID_REQUEST, &format!("{kind}: {path}"));
            }
            let answer = server.post("/token/verify", &json!({ "token": token })).await;
            expect_row(&answer, INVALID_REQUEST, &format!("{kind}: /token/verify"));
            let connect = format!("{SIGN_IN}?connect={token}");
            let back = server.get(&connect).await.location();
            let told = parameter(&back, "error");
            assert_eq!(told.as_deref(), Some("invalid-request"), "{kind}: {back}");
            for answer in [
                server.get_as(&token, "/v1/user/info").await,
                with_cookie(&server, &token).await,
                change_password(&server, &token).await,
            ] {
                answer.expect_legacy_error(401, "unauthorized", "invalid authorization token");
            }
        }

        assert!(github.received().is_empty());
        server.refresh(&ada["refreshToken"]).await.expect(200);
        server.sign_in(ADA, PASSWORD).await.expect(200);
    }

    async fn tokens_of_the_original_and_of_other_programs_still_pass(database) {
        let github = GitHub::start().await;
        let server = github
            .server(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", &shared_secret())
            .start()
            .await;
        let ada = server.sign_up(ADA).await;

        for token in for_sessions(&ada) {
            for path in ["/user", "/user/sessions", "/elevate", "/v1/user/info"] {
                server.get_as(&token, path).await.expect(200);
            }
            let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
            server.post_as(&token, "/pat", &pat).await.expect(200);
            server.post_as(&token, "/token/verify", &json!({})).await.expect(200);
            server.post("/token/verify", &json!({ "token": token })).await.expect(200);
            with_cookie(&server, &token).await.expect(200);
            let sent = server.get(&format!("{SIGN_IN}?connect={token}")).await.location();
            assert_eq!(sent.path(), "/authorize", "{sent}");
        }
    }

    async fn an_audience_passes_where_the_secret_names_it(database) {
        let secret = json!({ "type": "HS256", "key": SHARED_KEY, "audience": ["app", "site"] });
        let server = ServerBuilder::new(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", &secret.to_string())
            .start()
            .await;
        let ada = server.sign_up(ADA).await;
        let aimed = |audience: Value| {
            let mut claims = claims_of(&ada);
            claims["aud"] = audience;
            signed(&hs256(), &claims)
        };

        assert_eq!(claims_of(&ada)["aud"], json!(["app", "site"]));
        let own = ada["accessToken"].as_str().unwrap();
        server.get_as(own, "/user").await.expect(200);
        for audience in [json!("app"), json!(["site"])] {
            server.get_as(&aimed(audience), "/user").await.expect(200);
        }
        for audience in [json!("an-app"), json!(["app", "an-app"]), json!([])] {
            let answer = server.get_as(&aimed(audience.clone()), "/user").await;
            expect_bad_token(&answer, &audience.to_string());
        }
    }

    /// Tokens of this server for other purposes are no access tokens, and the other way round.
    async fn nothing_else_that_is_handed_out_is_an_access_token(database) {
        let github = GitHub::start().await;
        let server = github
            .server(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", &shared_secret())
            .start()
            .await;
        let ada = server.sign_up(ADA).await;
        let token = ada["accessToken"].as_str().unwrap();
        let connect = format!("{SIGN_IN}?connect={token}");
        let browser = Browser::default();
        let state = parameter(&browser.get(&server, &connect).await.location(), "state").unwrap();
        let refresh = ada["refreshToken"].as_str().unwrap();

        for other in [state.as_str(), refresh] {
            expect_bad_token(&server.get_as(other, "/user").await, other);
            let answer = server.get_as(other, "/v1/user/info").await;
            answer.expect_legacy_error(401, "unauthorized", "invalid authorization token");
            let answer = server.post("/token/verify", &json!({ "token": other })).await;
            expect_row(&answer, INVALID_REQUEST, other);
        }
        let callback = format!("{SIGN_IN}/callback?code=code-1&state={token}");
        let back = browser.get(&server, &callback).await.location();
        assert!(parameter(&back, "error").is_some(), "{back}");
        assert!(parameter(&back, "refreshToken").is_none(), "{back}");
    }
}
