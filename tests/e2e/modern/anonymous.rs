//! `POST /signin/anonymous` and `POST /user/deanonymize`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const SIGN_IN: &str = "/signin/anonymous";
const DEANONYMIZE: &str = "/user/deanonymize";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

async fn lax(database: &Database) -> Server {
    ServerBuilder::new(database)
        .by_mail()
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
        .start()
        .await
}

async fn anonymous(server: &Server) -> Value {
    server.post(SIGN_IN, &json!({})).await.expect(200)["session"].clone()
}

async fn deanonymize(server: &Server, session: &Value, body: &Value) -> Answer {
    let token = session["accessToken"].as_str().unwrap();
    server.post_as(token, DEANONYMIZE, body).await
}

fn by_password(email: &str) -> Value {
    json!({ "signInMethod": "email-password", "email": email, "password": PASSWORD })
}

fn by_link(email: &str) -> Value {
    json!({ "signInMethod": "passwordless", "email": email, "connection": "ignored" })
}

on_both_databases! {
    async fn nobody_has_to_tell_who_they_are(database) {
        let server = by_mail(&database).await;

        let plain = server.send(server.request(Method::POST, SIGN_IN)).await.expect(200);
        let body = json!({ "displayName": "<Guest>", "locale": "de", "metadata": { "a": 1 } });
        let named = server.post(SIGN_IN, &body).await.expect(200)["session"]["user"].clone();

        let user = &plain["session"]["user"];
        assert_eq!(user["displayName"], "Anonymous User");
        assert_eq!(user["isAnonymous"], true);
        assert_eq!(user["defaultRole"], "anonymous");
        assert_eq!(user["roles"], json!(["anonymous"]));
        assert_eq!(user["avatarUrl"], "");
        assert_eq!(user.get("email").unwrap_or(&Value::Null), &Value::Null);
        assert_eq!(named["displayName"], "<Guest>");
        assert_eq!(named["locale"], "en");
        assert_eq!(named["metadata"], json!({ "a": 1 }));
        assert!(server.mails().is_empty());
    }

    async fn anonymous_users_are_off_unless_they_are_switched_on(database) {
        let server = Server::on(&database).await;
        let closed = ServerBuilder::new(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        let off = server.post(SIGN_IN, &json!({})).await;
        let closed = closed.post(SIGN_IN, &json!({})).await;

        off.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        closed.expect_error(403, "signup-disabled", "Sign up is disabled.");
        server.post(SIGN_IN, &json!({ "locale": "deu" })).await.expect_invalid_request();
    }

    async fn a_password_and_an_address_to_be_verified_make_a_user_of_an_anonymous_one(database) {
        let server = by_mail(&database).await;
        let session = anonymous(&server).await;
        let mut body = by_password("ada@example.com");
        body["options"] = json!({ "displayName": "Ada", "metadata": { "b": 2 } });

        let answer = deanonymize(&server, &session, &body).await;
        let mail = server.last_mail();
        let old = server.refresh(&session["refreshToken"]).await;
        let before = server.sign_in("ada@example.com", PASSWORD).await;
        let user = server.session_behind(&mail).await["user"].clone();

        assert_eq!(answer.expect(200), json!("OK"));
        assert_eq!(mail["template"], "email-verify");
        assert_eq!(mail["to"], "ada@example.com");
        assert_eq!(mail["displayName"], "Ada");
        old.expect_error(401, "invalid-refresh-token", "Invalid or expired refresh token");
        before.expect_error(401, "unverified-user", "User is not verified.");
        assert_eq!(user["id"], session["user"]["id"]);
        assert_eq!(user["isAnonymous"], false);
        assert_eq!(user["emailVerified"], true);
        assert_eq!(user["defaultRole"], "user");
        assert_eq!(user["roles"], json!(["me", "user"]));
        assert_eq!(user["metadata"], json!({ "b": 2 }));
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn where_no_verification_is_needed_the_session_goes_on(database) {
        let server = lax(&database).await;
        let session = anonymous(&server).await;

        let answer = deanonymize(&server, &session, &by_password("ada@example.com")).await;

        assert_eq!(answer.expect(200), json!("OK"));
        assert!(server.mails().is_empty());
        let user = server.refresh(&session["refreshToken"]).await.expect(200)["user"].clone();
        assert_eq!(user["email"], "ada@example.com");
        assert_eq!(user["emailVerified"], false);
        assert_eq!(user["isAnonymous"], false);
        assert_eq!(user["roles"], json!(["me", "user"]));
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn a_link_makes_a_user_of_an_anonymous_one(database) {
        let server = lax(&database).await;
        let session = anonymous(&server).await;

        let answer = deanonymize(&server, &session, &by_link("ada@example.com")).await;
        let mail = server.last_mail();
        let old = server.refresh(&session["refreshToken"]).await;
        let user = server.session_behind(&mail).await["user"].clone();

        assert_eq!(answer.expect(200), json!("OK"));
        assert_eq!(mail["template"], "signin-passwordless");
        old.expect_error(401, "invalid-refresh-token", "Invalid or expired refresh token");
        assert_eq!(user["id"], session["user"]["id"]);
        assert_eq!(user["email"], "ada@example.com");
        assert_eq!(user["emailVerified"], true);
        assert_eq!(user["isAnonymous"], false);
    }

    async fn an_anonymous_user_cannot_lie_in_wait_at_a_foreign_address(database) {
        let server = lax(&database).await;
        let intruder = anonymous(&server).await;
        deanonymize(&server, &intruder, &by_password("victim@example.com")).await.expect(200);

        let mail = server.link_mail("victim@example.com").await;
        server.session_behind(&mail).await;

        server.sign_in("victim@example.com", PASSWORD).await.expect(401);
        server.refresh(&intruder["refreshToken"]).await.expect(401);
    }

    async fn whoever_is_not_anonymous_cannot_stop_being_so(database) {
        let server = lax(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        let session = anonymous(&server).await;
        deanonymize(&server, &session, &by_password("bob@example.com")).await.expect(200);

        for session in [ada, session] {
            let answer = deanonymize(&server, &session, &by_link("eve@example.com")).await;
            answer.expect_error(400, "user-not-anonymous", "Logged in user is not anonymous");
        }
        assert!(server.mails().is_empty());
    }

    async fn what_cannot_be_wished_for_leaves_the_user_anonymous(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
            .set("AUTH_PASSWORD_MIN_LENGTH", "9")
            .start()
            .await;
        server.verified("ada@example.com").await;
        let mails = server.mails().len();
        let session = anonymous(&server).await;
        let with = |name: &str, value: Value| {
            let mut body = by_password("bob@example.com");
            body[name] = value;
            body
        };
        let place = "The value of \"options.redirectTo\" is not allowed.";
        let default = "Default role must be in allowed roles";
        let refused = [
            (with("password", json!("1234567")), 400, "password-too-short", "Password is too short"),
            (with("email", json!("Ada@example.com")), 409, "email-already-in-use", "Email already in use"),
            (with("email", json!("spam@example.com")), 401, "invalid-email-password", "Incorrect email or password"),
            (with("options", json!({ "redirectTo": "https://evil.example" })), 400, "redirectTo-not-allowed", place),
            (with("options", json!({ "allowedRoles": ["admin"] })), 400, "role-not-allowed", "Role not allowed"),
            (with("options", json!({ "defaultRole": "admin" })), 400, "default-role-must-be-in-allowed-roles", default),
            (json!({ "signInMethod": "email-password", "email": "bob@example.com" }), 400, "invalid-request", "The request payload is incorrect"),
        ];

        for (body, status, code, message) in refused {
            deanonymize(&server, &session, &body).await.expect_error(status, code, message);
        }
        let unknown = with("signInMethod", json!("magic"));
        deanonymize(&server, &session, &unknown).await.expect_invalid_request();
        assert_eq!(server.post(DEANONYMIZE, &by_link("bob@example.com")).await.status, 400);

        let still = "SELECT count(*) AS count FROM auth.users WHERE is_anonymous AND email IS NULL";
        assert_eq!(database.count(still).await, 1);
        let roles = "SELECT count(*) AS count FROM auth.user_roles WHERE role = 'anonymous'";
        assert_eq!(database.count(roles).await, 1);
        assert_eq!(server.mails().len(), mails);
    }
}
