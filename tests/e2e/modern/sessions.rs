//! `GET /user/sessions`, `POST /user/sessions/end` and `/user/sessions/end-others`, and access tokens
//! of an ended session.

use std::collections::BTreeSet;

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, claims_of, on_both_databases,
};

const ADA: &str = "ada@example.com";

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// Signs in with this `User-Agent`.
async fn signed_in_from(server: &Server, user_agent: &str) -> Value {
    let body = json!({ "email": ADA, "password": PASSWORD });
    let request = server
        .request(Method::POST, "/signin/email-password")
        .header(header::USER_AGENT, user_agent)
        .json(&body);
    server.send(request).await.expect(200)["session"].clone()
}

async fn sessions(server: &Server, session: &Value) -> Vec<Value> {
    let answer = server.get_as(bearer(session), "/user/sessions").await;
    answer.expect(200)["sessions"].as_array().unwrap().clone()
}

async fn end(server: &Server, session: &Value, id: &Value) -> Answer {
    let body = json!({ "sessionId": id });
    server
        .post_as(bearer(session), "/user/sessions/end", &body)
        .await
}

on_both_databases! {
    async fn a_person_sees_where_they_are_signed_in(database) {
        let server = Server::on(&database).await;
        server.sign_up(ADA).await;
        server.sign_up("eve@example.com").await;
        let laptop = signed_in_from(&server, "Firefox/140 (X11)").await;

        let seen = sessions(&server, &laptop).await;

        assert_eq!(seen.len(), 2, "{seen:?}");
        let current = seen.iter().find(|it| it["isCurrent"] == true).unwrap();
        assert_eq!(current["id"], laptop["refreshTokenId"]);
        assert_eq!(current["userAgent"], "Firefox/140 (X11)");
        assert_eq!(current["ipAddress"], "127.0.0.0/24");
        assert_eq!(current["amr"], json!(["pwd"]));
        assert_eq!(current["lastSeenAt"], current["createdAt"]);
        let members = current.as_object().unwrap().keys().map(String::as_str);
        assert_eq!(
            members.collect::<BTreeSet<_>>(),
            BTreeSet::from([
                "id", "createdAt", "lastSeenAt", "userAgent", "ipAddress", "amr", "isCurrent"
            ])
        );
    }

    async fn a_refresh_is_seen(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up(ADA).await;
        let request = server
            .request(Method::POST, "/token")
            .header(header::USER_AGENT, "Phone/2")
            .json(&json!({ "refreshToken": session["refreshToken"] }));
        let refreshed = server.send(request).await.expect(200);

        let seen = sessions(&server, &refreshed).await;

        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0]["userAgent"], "Phone/2");
        assert_eq!(seen[0]["isCurrent"], true);
        assert!(seen[0]["lastSeenAt"].as_str() > seen[0]["createdAt"].as_str(), "{seen:?}");
        assert_eq!(claims_of(&refreshed)["amr"], json!(["pwd"]));
    }

    async fn a_session_of_the_legacy_api_is_one_of_them(database) {
        let server = Server::on(&database).await;
        let legacy = server.legacy_sign_up("johnsmith").await;
        let token = legacy["auth_token"].as_str().unwrap();
        database.execute(
            "UPDATE auth.users SET email = 'john@example.com', email_verified = true"
        ).await;
        let john = server.sign_in("john@example.com", PASSWORD).await.expect(200);
        let john = john["session"].clone();

        let seen = sessions(&server, &john).await;
        let old = seen.iter().find(|it| it["isCurrent"] == false).unwrap();
        end(&server, &john, &old["id"]).await.expect(200);

        assert_eq!(seen.len(), 2, "{seen:?}");
        server.get_as(token, "/v1/user/info").await.expect(401);
        assert_eq!(sessions(&server, &john).await.len(), 1);
    }

    async fn a_person_ends_one_session_and_no_other(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up(ADA).await;
        let second = signed_in_from(&server, "x").await;
        let third = signed_in_from(&server, "y").await;

        end(&server, &first, &second["refreshTokenId"]).await.expect(200);

        server.refresh(&second["refreshToken"]).await.expect(401);
        for kept in [first, third] {
            server.refresh(&kept["refreshToken"]).await.expect(200);
        }
    }

    async fn nobody_ends_a_session_of_somebody_else(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up(ADA).await;
        let eve = server.sign_up("eve@example.com").await;
        let pat = server.post_as(bearer(&ada), "/pat", &json!({
            "expiresAt": "2099-01-01T00:00:00Z",
        })).await.expect(200);

        let foreign = end(&server, &eve, &ada["refreshTokenId"]).await;
        let unknown = end(&server, &ada, &json!("0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f")).await;
        let no_session = end(&server, &ada, &pat["id"]).await;
        let no_id = end(&server, &ada, &json!("x0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f")).await;

        for refused in [foreign, unknown, no_session, no_id] {
            refused.expect_error(400, "invalid-request", "The request payload is incorrect");
        }
        end(&server, &ada, &json!(7)).await.expect_invalid_request();
        server.refresh(&ada["refreshToken"]).await.expect(200);
        let token = json!({ "personalAccessToken": pat["personalAccessToken"] });
        server.post("/signin/pat", &token).await.expect(200);
    }

    async fn a_person_ends_all_other_sessions(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up(ADA).await;
        let second = signed_in_from(&server, "x").await;
        let eve = server.sign_up("eve@example.com").await;

        let path = "/user/sessions/end-others";
        server.post_as(bearer(&second), path, &json!({})).await.expect(200);

        server.refresh(&first["refreshToken"]).await.expect(401);
        server.refresh(&second["refreshToken"]).await.expect(200);
        server.refresh(&eve["refreshToken"]).await.expect(200);
    }

    async fn nothing_lasting_is_done_with_the_token_of_an_ended_session(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let session = server.sign_up(ADA).await;
        let token = bearer(&session);
        let body = json!({ "refreshToken": session["refreshToken"] });
        server.post("/signout", &body).await.expect(200);

        for (path, body) in [
            ("/pat", json!({ "expiresAt": "2099-01-01T00:00:00Z" })),
            ("/user/email/change", json!({ "newEmail": "eve@example.com" })),
            ("/user/mfa", json!({ "code": "123456", "activeMfaType": "totp" })),
            ("/mfa/recovery-codes", json!({ "code": "123456" })),
            ("/elevate/totp", json!({ "otp": "123456" })),
            ("/user/sessions/end", json!({ "sessionId": session["refreshTokenId"] })),
            ("/user/sessions/end-others", json!({})),
        ] {
            server.post_as(token, path, &body).await.expect_void_token();
        }
        for path in ["/mfa/totp/generate", "/user/sessions"] {
            server.get_as(token, path).await.expect_void_token();
        }
        // A token is optional here: one of an ended session counts as none.
        let body = json!({ "newPassword": "another horse" });
        let set = server.post_as(token, "/user/password", &body).await;
        set.expect_error(400, "invalid-request", "The request payload is incorrect");
        server.sign_in(ADA, PASSWORD).await.expect(200);
        let rows = database.count(
            "SELECT count(*) AS count FROM auth.refresh_tokens WHERE type = 'pat'"
        ).await;
        assert_eq!(rows, 0);
    }

    async fn an_access_token_tells_its_session_and_how_it_began(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
            .with_mfa()
            .start()
            .await;
        let person = server.protected(ADA).await;
        let anonymous = server.post("/signin/anonymous", &json!({})).await.expect(200);
        let anonymous = anonymous["session"].clone();

        let session = server.sign_in_with(ADA, &person.app.next_code()).await.expect(200);
        let session = session["session"].clone();

        assert_eq!(claims_of(&session)["amr"], json!(["pwd", "otp", "mfa"]));
        assert_eq!(claims_of(&session)["sid"], session["refreshTokenId"]);
        assert_eq!(claims_of(&anonymous).get("amr"), None);
        assert_eq!(claims_of(&anonymous)["sid"], anonymous["refreshTokenId"]);
    }

    async fn an_elevated_token_tells_of_every_proof(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let person = server.protected(ADA).await;
        let body = json!({ "otp": person.app.next_code() });

        let elevated = server.post_as(&person.token, "/elevate/totp", &body).await.expect(200);

        assert_eq!(claims_of(&elevated["session"])["amr"], json!(["pwd", "otp", "mfa"]));
    }
}
