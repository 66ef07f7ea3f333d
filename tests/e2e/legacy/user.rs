//! `/v1/user/*`

use reqwest::Method;
use serde_json::json;

use crate::support::{Database, PASSWORD, Server, legacy_credentials, on_both_databases};

const NO_SESSION: &str = "no session information found; has to be logged in user";
const BAD_SESSION: &str = "invalid authorization token";

on_both_databases! {
    async fn a_logout_ends_that_session_alone(database) {
        let server = Server::on(&database).await;
        let first = server.legacy_sign_up("john").await;
        let login = server.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;
        let second = login.expect(200);
        let (first, second) = (first["auth_token"].as_str(), second["auth_token"].as_str());
        let (first, second) = (first.unwrap(), second.unwrap());

        let logout = server.post_as(first, "/v1/user/logout", &json!({})).await;

        assert_eq!(logout.expect(200), json!({ "message": "Logged out" }));
        let gone = server.get_as(first, "/v1/user/info").await;
        gone.expect_legacy_error(401, "unauthorized", BAD_SESSION);
        server.get_as(second, "/v1/user/info").await.expect(200);
        let again = server.post_as(first, "/v1/user/logout", &json!({})).await;
        again.expect_legacy_error(401, "unauthorized", BAD_SESSION);
    }

    async fn a_disabled_user_can_log_out(database) {
        let server = Server::on(&database).await;
        let john = server.legacy_sign_up("john").await;
        let token = john["auth_token"].as_str().unwrap();
        database.execute("UPDATE auth.users SET disabled = true").await;

        server.post_as(token, "/v1/user/logout", &json!({})).await.expect(200);

        database.execute("UPDATE auth.users SET disabled = false").await;
        let gone = server.get_as(token, "/v1/user/info").await;
        gone.expect_legacy_error(401, "unauthorized", BAD_SESSION);
    }

    async fn a_body_need_not_be_declared_as_json(database) {
        let server = Server::on(&database).await;
        let credentials = legacy_credentials("john", PASSWORD).to_string();
        let undeclared = |path: &str, body: &str| {
            server.request(Method::POST, path).body(body.to_owned())
        };

        let john = server.send(undeclared("/v1/signup", &credentials)).await.expect(200);
        // The default `Content-Type` of `curl --data` and of `fetch`.
        for made_up in ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"] {
            let login = undeclared("/v1/login", &credentials).header("Content-Type", made_up);
            server.send(login).await.expect(200);
        }
        let body = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
        let change = undeclared("/v1/user/change-password", &body.to_string())
            .bearer_auth(john["auth_token"].as_str().unwrap());
        let changed = server.send(change).await;

        assert_eq!(changed.expect(200), json!({ "message": "success" }));
        let no_json = server.send(undeclared("/v1/login", "username=john")).await;
        assert_eq!(no_json.status, 400);
    }

    async fn a_changed_password_ends_every_session(database) {
        let server = Server::on(&database).await;
        let first = server.legacy_sign_up("john").await;
        let login = server.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;
        let second = login.expect(200);
        let token = first["auth_token"].as_str().unwrap();

        let body = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
        let changed = server.post_as(token, "/v1/user/change-password", &body).await;

        assert_eq!(changed.expect(200), json!({ "message": "success" }));
        for session in [&first, &second] {
            let token = session["auth_token"].as_str().unwrap();
            let gone = server.get_as(token, "/v1/user/info").await;
            gone.expect_legacy_error(401, "unauthorized", BAD_SESSION);
        }
        let old = server.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;
        old.expect_legacy_error(400, "invalid-creds", "invalid credentials");
        let new = legacy_credentials("john", "battery staple");
        server.post("/v1/login", &new).await.expect(200);
    }

    async fn a_refused_change_leaves_password_and_sessions_alone(database) {
        let server = Server::on(&database).await;
        let user = server.legacy_sign_up("john").await;
        let token = user["auth_token"].as_str().unwrap();
        let change = async |old: &str, new: &str| {
            let body = json!({ "old_password": old, "new_password": new });
            server.post_as(token, "/v1/user/change-password", &body).await
        };

        let wrong = change("wrong horse", "battery staple").await;
        let short = change(PASSWORD, "short").await;
        let missing = json!({ "old_password": PASSWORD });
        let missing = server.post_as(token, "/v1/user/change-password", &missing).await;

        wrong.expect_legacy_error(400, "invalid-creds", "invalid credentials");
        let message = "min password length is 8 characters";
        short.expect_legacy_error(400, "invalid-password", message);
        let message = "Error in $: When parsing the record the key new_password was not present.";
        missing.expect_legacy_error(400, "invalid-args", message);
        server.get_as(token, "/v1/user/info").await.expect(200);
    }

    async fn an_account_without_a_password_has_none_to_change(database) {
        let server = Server::on(&database).await;
        let user = server.legacy_sign_up("john").await;
        database.execute("UPDATE auth.users SET password_hash = NULL").await;

        let body = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
        let token = user["auth_token"].as_str().unwrap();
        let answer = server.post_as(token, "/v1/user/change-password", &body).await;

        let message = "user not found in password db";
        answer.expect_legacy_error(400, "unexpected-state", message);
    }

    async fn an_expired_session_and_a_disabled_user_are_out(database) {
        let server = Server::on(&database).await;
        let john = server.legacy_sign_up("john").await;
        let jane = server.legacy_sign_up("jane").await;
        database.execute("UPDATE auth.users SET disabled = true WHERE username = 'john'").await;
        database
            .execute(
                "UPDATE auth.opaque_sessions SET expires_at = created_at WHERE user_id IN \
                 (SELECT id FROM auth.users WHERE username = 'jane')",
            )
            .await;

        for user in [john, jane] {
            let token = user["auth_token"].as_str().unwrap();
            let answer = server.get_as(token, "/v1/user/info").await;
            answer.expect_legacy_error(401, "unauthorized", BAD_SESSION);
        }
    }

    async fn whoever_lost_the_role_user_is_refused(database) {
        let server = Server::on(&database).await;
        let user = server.legacy_sign_up("john").await;
        database.execute("DELETE FROM auth.user_roles").await;

        let answer = server.get_as(user["auth_token"].as_str().unwrap(), "/v1/user/info").await;

        answer.expect_legacy_error(403, "access-denied", "user role required");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_every_user_route_is_closed() {
    let server = Server::on(&Database::sqlite()).await;

    for (method, path) in [
        (Method::GET, "/v1/user/info"),
        (Method::POST, "/v1/user/logout"),
        (Method::POST, "/v1/user/change-password"),
    ] {
        let without = server.request(method.clone(), path).json(&json!({}));
        server
            .send(without)
            .await
            .expect_legacy_error(401, "unauthorized", NO_SESSION);
    }
    for token in ["abc", &"0".repeat(48), "a.b.c"] {
        let answer = server.get_as(token, "/v1/user/info").await;
        answer.expect_legacy_error(401, "unauthorized", BAD_SESSION);
    }
}
