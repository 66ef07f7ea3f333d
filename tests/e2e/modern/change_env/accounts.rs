//! Rules for new accounts, and their defaults.

use serde_json::json;

use super::*;
use crate::support::claims_of;

on_both_databases! {
    async fn the_least_length_of_a_password(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({ "AUTH_PASSWORD_MIN_LENGTH": 40 })).await;
        let short = server.try_sign_up(ADA).await;
        server.changed(json!({ "AUTH_PASSWORD_MIN_LENGTH": 3 })).await;

        short.expect_error(400, "password-too-short", "Password is too short");
        server.sign_up(ADA).await;
    }

    async fn access_lists_are_set_and_emptied(database) {
        let server = changeable(&database).start().await;
        let shut_out = |answer: Answer| {
            answer.expect_error(401, "invalid-email-password", "Incorrect email or password");
        };

        for (number, (name, list)) in [
            ("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "x@example.org, ada@example.com"),
            ("AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", "example.com"),
            ("AUTH_ACCESS_CONTROL_ALLOWED_EMAILS", "eve0@example.com,eve2@example.com"),
            ("AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", "example.org"),
        ].into_iter().enumerate() {
            server.changed(json!({ name: list })).await;
            shut_out(server.try_sign_up(ADA).await);
            if name == "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS" {
                server.sign_up("eve2@example.com").await;
            }
            server.changed(json!({ name: "" })).await;
            server.sign_up(&format!("bob{number}@example.com")).await;
        }

        server.sign_up(ADA).await;
    }

    async fn new_users_may_start_disabled(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({ "AUTH_DISABLE_NEW_USERS": true })).await;
        let disabled = server.try_sign_up(ADA).await;
        server.changed(json!({ "AUTH_DISABLE_NEW_USERS": false })).await;

        disabled.expect_error(401, "disabled-user", "User is disabled");
        server.sign_up(EVE).await;
    }

    async fn errors_are_concealed_and_shown_again(database) {
        let server = changeable(&database).start().await;
        server.sign_up(ADA).await;

        server.changed(json!({ "AUTH_CONCEAL_ERRORS": true })).await;
        let concealed = server.sign_in("nobody@example.com", PASSWORD).await;
        server.changed(json!({ "AUTH_CONCEAL_ERRORS": false })).await;
        let shown = server.sign_in("nobody@example.com", PASSWORD).await;

        concealed.expect_error(400, "invalid-request", "The request payload is incorrect");
        shown.expect_error(401, "invalid-email-password", "Incorrect email or password");
    }

    async fn roles_of_new_users_and_the_store_knows_them(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({
            "AUTH_DEFAULT_ROLE": "editor",
            "AUTH_DEFAULT_ALLOWED_ROLES": ["me", "editor", "a, b"],
        })).await;
        let session = server.sign_up(ADA).await;

        assert_eq!(session["user"]["defaultRole"], "editor");
        let mut roles: Vec<_> = session["user"]["roles"].as_array().unwrap().iter().collect();
        roles.sort_by_key(|it| it.as_str().unwrap().to_owned());
        assert_eq!(json!(roles), json!(["a, b", "editor", "me"]));
        let claims = claims_of(&session)["https://hasura.io/jwt/claims"].clone();
        assert_eq!(claims["x-hasura-default-role"], "editor");
        let known = "SELECT count(*) AS count FROM auth.roles WHERE role IN ('a, b', 'editor')";
        assert_eq!(database.count(known).await, 2);
    }

    async fn languages(database) {
        let server = changeable(&database).start().await;
        let asking_for = async |email: &str, locale: &str| {
            let body = json!({
                "email": email, "password": PASSWORD, "options": { "locale": locale },
            });
            let answer = server.post("/signup/email-password", &body).await.expect(200);
            answer["session"]["user"]["locale"].clone()
        };

        assert_eq!(asking_for("a@example.com", "fr").await, "en");
        server.changed(json!({ "AUTH_LOCALE_ALLOWED_LOCALES": "en,fr" })).await;
        assert_eq!(asking_for("b@example.com", "fr").await, "fr");
        server.changed(json!({ "AUTH_DEFAULT_LOCALE": "de" })).await;
        assert_eq!(asking_for("c@example.com", "es").await, "de");
        assert_eq!(asking_for("d@example.com", "fr").await, "fr");
        server.changed(json!({ "AUTH_LOCALE_ALLOWED_LOCALES": "" })).await;
        assert_eq!(asking_for("e@example.com", "fr").await, "de");
    }

    async fn verification_of_addresses(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({ "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": true })).await;
        let mail = server.verification_mail(ADA).await;
        let unverified = server.sign_in(ADA, PASSWORD).await;
        server.changed(json!({ "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": false })).await;

        assert_eq!(mail["to"], ADA);
        unverified.expect_error(401, "unverified-user", "User is not verified.");
        server.sign_in(ADA, PASSWORD).await.expect(200);
        server.sign_up(EVE).await;
    }

    async fn the_life_of_refresh_tokens(database) {
        let server = changeable(&database).start().await;
        server.sign_up(ADA).await;

        server.changed(json!({ "AUTH_REFRESH_TOKEN_EXPIRES_IN": 60 })).await;
        server.sign_up(EVE).await;

        // The later one is the first to expire.
        let sooner = "SELECT count(*) AS count FROM auth.refresh_tokens WHERE expires_at < \
                      (SELECT expires_at FROM auth.refresh_tokens ORDER BY created_at LIMIT 1)";
        assert_eq!(database.count(sooner).await, 1);
    }

    async fn pictures_stay_as_they_were(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({
            "AUTH_GRAVATAR_ENABLED": false,
            "AUTH_GRAVATAR_DEFAULT": "404",
            "AUTH_GRAVATAR_RATING": "x",
        })).await;

        let picture = server.sign_up(ADA).await["user"]["avatarUrl"].clone();
        let picture = picture.as_str().unwrap();
        assert!(picture.contains("gravatar.com"), "{picture}");
        assert!(picture.contains("d=blank") && picture.contains("r=g"), "{picture}");
    }
}
