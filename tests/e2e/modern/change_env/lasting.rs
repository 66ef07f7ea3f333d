//! State that a change of settings keeps.

use futures_util::future::join_all;
use serde_json::json;

use super::*;
use crate::rate_limits::{limit, limited};

on_both_databases! {
    async fn values_keep_until_they_are_replaced(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({ "AUTH_PASSWORD_MIN_LENGTH": 40 })).await;
        server.changed(json!({ "AUTH_ANONYMOUS_USERS_ENABLED": true })).await;
        server.refused(json!({ "AUTH_PASSWORD_MIN_LENGTH": 1000 }), "AUTH_PASSWORD_MIN_LENGTH").await;
        server.changed(json!({ "AUTH_MFA_ENABLED": true })).await;

        let short = server.try_sign_up(ADA).await;
        short.expect_error(400, "password-too-short", "Password is too short");
        server.anonymous().await;
    }

    async fn people_stay_signed_in_and_outboxes_full(database) {
        let server = changeable(&database).by_mail().start().await;
        let session = server.verified(ADA).await;
        let link = server.link_mail(ADA).await;

        server.changed(json!({ "AUTH_DISABLE_SIGNUP": true, "AUTH_CONCEAL_ERRORS": true })).await;

        let token = session["accessToken"].as_str().unwrap();
        server.get_as(token, "/user").await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
        server.sign_in(ADA, PASSWORD).await.expect(200);
        server.session_behind(&link).await;
        assert_eq!(server.mails().len(), 2);
    }

    async fn counts_go_on(database) {
        let server = limit(limited(&database), "BRUTE_FORCE", "2")
            .set("AUTH_ENABLE_CHANGE_ENV", "true")
            .start()
            .await;

        server.sign_in(ADA, PASSWORD).await.expect(401);
        server.changed(json!({ "AUTH_ANONYMOUS_USERS_ENABLED": true })).await;
        server.sign_in(ADA, PASSWORD).await.expect(401);
        server.changed(json!({ "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": true })).await;

        assert_eq!(server.sign_in(ADA, PASSWORD).await.status, 429);
    }

    async fn changes_at_the_same_time_are_all_made(database) {
        let server = changeable(&database).start().await;
        let changes = [
            json!({ "AUTH_PASSWORD_MIN_LENGTH": 40 }),
            json!({ "AUTH_ANONYMOUS_USERS_ENABLED": true }),
            json!({ "AUTH_EMAIL_PASSWORDLESS_ENABLED": true }),
            json!({ "AUTH_OTP_EMAIL_ENABLED": true }),
            json!({ "AUTH_MFA_ENABLED": true }),
            json!({ "AUTH_WEBAUTHN_ENABLED": true }),
            json!({ "AUTH_DEFAULT_ALLOWED_ROLES": ["me", "editor"] }),
            json!({ "AUTH_DEFAULT_ROLE": "editor" }),
        ];

        join_all(changes.map(|it| server.changed(it))).await;

        let short = server.try_sign_up(ADA).await;
        short.expect_error(400, "password-too-short", "Password is too short");
        server.post("/signin/passwordless/email", &json!({ "email": ADA })).await.expect(200);
        server.post("/signin/otp/email", &json!({ "email": ADA })).await.expect(200);
        server.post("/signup/webauthn", &json!({ "email": EVE })).await.expect(200);
        let session = server.anonymous().await;
        let token = session["accessToken"].as_str().unwrap();
        assert_ne!(server.get_as(token, "/mfa/totp/generate").await.status, 409);
        server.changed(json!({ "AUTH_PASSWORD_MIN_LENGTH": 3 })).await;
        let user = server.sign_up(EVE).await["user"].clone();
        assert_eq!(user["defaultRole"], "editor");
        assert_eq!(user["roles"], json!(["me", "editor"]));
    }

    async fn a_request_ends_with_the_settings_it_began_with(database) {
        let server = changeable(&database).start().await;
        let request = server.open_sign_up(ADA).await;

        server.changed(json!({ "AUTH_DISABLE_SIGNUP": true })).await;
        expect_closed(&server.try_sign_up(EVE).await);
        let answer = request.finish().await;

        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
