//! Endpoints and accounts in unusual states: the answers, and their effects.

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, claims_of, on_both_databases,
};

const ADA: &str = "ada@example.com";
const BLOCKED: &str = "blocked@example.com";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const INVALID: &str = "The request payload is incorrect";

/// A server with strict rules; several share the key of their access tokens.
fn strict(database: &Database) -> ServerBuilder {
    let secret = json!({ "type": "HS256", "key": KEY }).to_string();
    ServerBuilder::new(database)
        .by_mail()
        .set("HASURA_GRAPHQL_JWT_SECRET", &secret)
        .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", BLOCKED)
}

/// A server that requires no verification.
fn lax(database: &Database) -> ServerBuilder {
    strict(database).set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
}

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// The session's access token without `sid`, as another program would sign it.
fn without_session_id(session: &Value) -> String {
    let token = bearer(session);
    let header = token.split('.').next().unwrap();
    let mut claims = claims_of(session);
    assert!(
        claims.as_object_mut().unwrap().remove("sid").is_some(),
        "{claims}"
    );
    let signed = format!(
        "{header}.{}",
        BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

async fn verify(server: &Server, token: &str) -> Answer {
    server.post_as(token, "/token/verify", &json!({})).await
}

on_both_databases! {
    async fn a_token_in_the_header_is_judged_with_its_account_and_one_in_the_body_alone(database) {
        let server = strict(&database).start().await;
        let session = server.verified(ADA).await;
        let blocked = format!("email = '{BLOCKED}'");
        let rows = [
            (&*blocked, 401, "invalid-email-password", "Incorrect email or password"),
            ("disabled = true", 401, "disabled-user", "User is disabled"),
            ("disabled = false, email_verified = false", 401, "unverified-user",
                "User is not verified."),
            ("email_verified = true, is_anonymous = true", 403, "forbidden-anonymous",
                "Forbidden, user is anonymous."),
        ];
        assert_eq!(verify(&server, bearer(&session)).await.expect(200), json!("OK"));

        for (change, status, code, message) in rows {
            database.execute(&format!("UPDATE auth.users SET email = '{ADA}'")).await;
            database.execute(&format!("UPDATE auth.users SET {change}")).await;
            let header = verify(&server, bearer(&session)).await;
            let body = json!({ "token": bearer(&session) });
            let body = server.post("/token/verify", &body).await;

            header.expect_error(status, code, message);
            assert_eq!(body.expect(200), json!("OK"), "{change}");
        }
    }

    async fn whoever_was_shut_out_goes_on_refreshing(database) {
        let server = strict(&database).start().await;
        let session = server.verified(ADA).await;
        database.execute(&format!("UPDATE auth.users SET email = '{BLOCKED}'")).await;

        let refreshed = server.refresh(&session["refreshToken"]).await.expect(200);

        let refused = server.get_as(bearer(&refreshed), "/user").await;
        let message = "Incorrect email or password";
        refused.expect_error(401, "invalid-email-password", message);
    }

    async fn whoever_is_not_verified_is_told_so_and_keeps_the_refresh_token(database) {
        let open = lax(&database).start().await;
        let session = open.sign_up(ADA).await;
        let server = strict(&database).start().await;

        let refused = server.refresh(&session["refreshToken"]).await;

        refused.expect_error(401, "unverified-user", "User is not verified.");
        open.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn a_disabled_user_without_an_address_does_not_refresh(database) {
        let server = strict(&database).start().await;
        let session = server.verified(ADA).await;
        let token = &session["refreshToken"];
        database.execute("UPDATE auth.users SET disabled = true, email = NULL").await;

        let refused = server.refresh(token).await;

        refused.expect_error(401, "disabled-user", "User is disabled");
        database.execute("UPDATE auth.users SET disabled = false").await;
        server.refresh(token).await.expect(200);
    }

    async fn the_state_of_an_account_is_told_before_its_password_is_judged(database) {
        let server = strict(&database).start().await;
        server.verification_mail(ADA).await;

        for password in [PASSWORD, "wrong"] {
            let unverified = server.sign_in(ADA, password).await;
            unverified.expect_error(401, "unverified-user", "User is not verified.");
        }
        database.execute("UPDATE auth.users SET disabled = true").await;
        for password in [PASSWORD, "wrong"] {
            let disabled = server.sign_in(ADA, password).await;
            disabled.expect_error(401, "disabled-user", "User is disabled");
        }
    }

    async fn signing_out_everywhere_with_a_bad_token_ends_nothing(database) {
        let server = lax(&database).start().await;
        let session = server.sign_up(ADA).await;
        let body = json!({ "all": true, "refreshToken": session["refreshToken"] });

        let bad = server.post_as("abc", "/signout", &body).await;
        let without = server.post("/signout", &body).await;

        bad.expect_error(400, "invalid-request", INVALID);
        without.expect_error(400, "invalid-request", INVALID);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn a_token_that_names_no_session_ends_no_others(database) {
        let server = lax(&database).start().await;
        let session = server.sign_up(ADA).await;
        server.sign_in(ADA, PASSWORD).await.expect(200);
        let token = without_session_id(&session);
        server.get_as(&token, "/user").await.expect(200);

        let answer = server.post_as(&token, "/user/sessions/end-others", &json!({})).await;

        answer.expect_error(400, "invalid-request", INVALID);
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 2);
        let body = json!({});
        server.post_as(bearer(&session), "/user/sessions/end-others", &body).await.expect(200);
        assert_eq!(database.count(sessions).await, 1);
    }

    async fn whatever_the_state_of_an_account_its_sessions_are_shown_and_ended(database) {
        let server = strict(&database).start().await;
        let blocked = format!("email = '{BLOCKED}'");
        for (at, change) in ["disabled = true", "email_verified = false", "is_anonymous = true", &blocked]
            .into_iter()
            .enumerate()
        {
            let email = format!("ada{at}@example.com");
            let session = server.verified(&email).await;
            let other = server.sign_in(&email, PASSWORD).await.expect(200);
            server.sign_in(&email, PASSWORD).await.expect(200);
            let statement = format!("UPDATE auth.users SET {change} WHERE email = '{email}'");
            database.execute(&statement).await;

            let shown = server.get_as(bearer(&session), "/user/sessions").await;
            let id = json!({ "sessionId": other["session"]["refreshTokenId"] });
            let ended = server.post_as(bearer(&session), "/user/sessions/end", &id).await;
            let others =
                server.post_as(bearer(&session), "/user/sessions/end-others", &json!({})).await;

            let count = shown.expect(200)["sessions"].as_array().unwrap().len();
            assert_eq!(count, 3, "{change}");
            assert_eq!(ended.expect(200), json!("OK"), "{change}");
            assert_eq!(others.expect(200), json!("OK"), "{change}");
            let left = server.get_as(bearer(&session), "/user/sessions").await.expect(200);
            assert_eq!(left["sessions"].as_array().unwrap().len(), 1, "{change}");
        }
    }

    async fn an_address_in_use_is_refused_where_addresses_are_verified(database) {
        let server = strict(&database).start().await;
        let mail = server.verification_mail(ADA).await;
        let body = json!({ "email": "Ada@example.com", "password": "battery staple" });

        let taken = server.post("/signup/email-password", &body).await;

        taken.expect_error(409, "email-already-in-use", "Email already in use");
        assert_eq!(server.mails().len(), 1);
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 1);
        server.session_behind(&mail).await;
        server.sign_in(ADA, PASSWORD).await.expect(200);
    }

    async fn a_disabled_or_deleted_user_does_not_stop_being_anonymous(database) {
        let server = lax(&database).start().await;
        let session = server.anonymous().await;
        let foreign = without_session_id(&session);
        let body = json!({
            "signInMethod": "email-password", "email": ADA, "password": PASSWORD,
        });
        let wish = async |token: &str| server.post_as(token, "/user/deanonymize", &body).await;

        database.execute("UPDATE auth.users SET disabled = true").await;
        for token in [bearer(&session), &foreign] {
            let disabled = wish(token).await;
            disabled.expect_error(401, "disabled-user", "User is disabled");
        }
        let still = "SELECT count(*) AS count FROM auth.users WHERE is_anonymous AND email IS NULL";
        assert_eq!(database.count(still).await, 1);
        database.execute("DELETE FROM auth.users").await;
        let deleted = wish(bearer(&session)).await.expect(400);
        let told = "error in openapi3filter.SecurityRequirementsError: security requirements \
                    failed: invalid token";
        assert_eq!(deleted, json!({ "error": told }));
        let unknown = wish(&foreign).await;
        unknown.expect_error(400, "user-not-anonymous", "Logged in user is not anonymous");
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 0);
    }

    async fn an_anonymous_user_may_ask_for_a_link_even_where_links_are_off(database) {
        let server = lax(&database).set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "false").start().await;
        let off = server.post("/signin/passwordless/email", &json!({ "email": ADA })).await;
        off.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        let metadata = json!({ "displayName": "Guest", "metadata": { "a": 1 } });
        let guest = server.post("/signin/anonymous", &metadata).await.expect(200)["session"].clone();
        let body = json!({ "signInMethod": "passwordless", "email": ADA, "password": PASSWORD });

        let answer = server.post_as(bearer(&guest), "/user/deanonymize", &body).await;

        assert_eq!(answer.expect(200), json!("OK"));
        let mail = server.last_mail();
        assert_eq!(mail["template"], "signin-passwordless");
        let session = server.session_behind(&mail).await;
        let with_password =
            "SELECT count(*) AS count FROM auth.users WHERE password_hash IS NOT NULL";
        assert_eq!(database.count(with_password).await, 0);
        let refused = server.sign_in(ADA, PASSWORD).await;
        let message = "Incorrect email or password";
        refused.expect_error(401, "invalid-email-password", message);
        // Nothing is left of the profile from the sign-up.
        let user = server.get_as(bearer(&session), "/user").await.expect(200);
        assert_eq!(user["metadata"], json!({}));
        let picture = user["avatarUrl"].as_str().unwrap();
        assert!(picture.starts_with("https://www.gravatar.com/avatar/"), "{picture}");
        let no_metadata = "SELECT count(*) AS count FROM auth.users WHERE metadata IS NULL";
        assert_eq!(database.count(no_metadata).await, 1);
        assert_eq!(user["displayName"], ADA);
    }
}
