//! Valid and invalid bodies.

use reqwest::{Method, header};
use serde_json::json;

use super::*;
use crate::support::claims_of;

on_both_databases! {
    async fn what_is_no_json_object_is_refused(database) {
        let server = changeable(&database).start().await;

        for text in [
            "", "{", "[]", "\"x\"", "null", "{} {}", "AUTH_DISABLE_SIGNUP=true",
            "{\"AUTH_DEFAULT_ROLE\":\"a\\u0000\"}",
        ] {
            let request = server
                .request(Method::POST, PATH)
                .header(header::CONTENT_TYPE, "application/json");
            let answer = server.send(request.body(text)).await.expect(400);
            assert!(answer["error"].is_string(), "{text}: {answer}");
            assert_eq!(answer.as_object().unwrap().len(), 1, "{text}: {answer}");
        }
    }

    async fn refusals_look_the_same_to_clients_of_later_versions(database) {
        let server = changeable(&database).set("AUTH_API_COMPAT", "latest").start().await;

        server.refused(json!([]), "object").await;
        server.refused(json!({ "AUTH_DISABLE_SIGNUP": "x" }), "AUTH_DISABLE_SIGNUP").await;
    }

    async fn what_a_page_may_send_without_asking_is_refused(database) {
        let server = changeable(&database).start().await;
        let body = json!({ "AUTH_DISABLE_SIGNUP": true }).to_string();

        for content_type in [
            None,
            Some("text/plain"),
            Some("text/plain; application/json"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
        ] {
            let mut request = server.request(Method::POST, PATH).body(body.clone());
            if let Some(content_type) = content_type {
                request = request.header(header::CONTENT_TYPE, content_type);
            }
            let answer = server.send(request).await.expect(400);
            let expected = json!({ "error": "header Content-Type has to be application/json" });
            assert_eq!(answer, expected, "{content_type:?}");
        }
        server.sign_up(ADA).await;
        let typed = "application/json; charset=utf-8";
        let request = server.request(Method::POST, PATH).header(header::CONTENT_TYPE, typed);
        server.send(request.body(body)).await.expect(200);

        expect_closed(&server.try_sign_up(EVE).await);
    }

    async fn a_body_may_be_as_large_as_any_other(database) {
        let server = changeable(&database).start().await;

        let answer = server.change(&json!({ "X": "x".repeat(70_000) })).await;

        answer.expect_error(413, "request-too-large", "The request body is too large");
    }

    async fn a_value_of_another_type_is_refused_and_nothing_is_changed(database) {
        let server = changeable(&database).start().await;

        for (name, value, expected) in [
            ("AUTH_ANONYMOUS_USERS_ENABLED", json!("true"), "true or false"),
            ("AUTH_PASSWORD_MIN_LENGTH", json!("9"), "a whole number"),
            ("AUTH_PASSWORD_MIN_LENGTH", json!(9.5), "a whole number"),
            ("AUTH_DEFAULT_ALLOWED_ROLES", json!("me,user"), "an array of strings"),
            ("AUTH_WEBAUTHN_RP_ORIGINS", json!([1]), "an array of strings"),
            ("AUTH_CLIENT_URL", json!(1), "a string"),
            ("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", json!(["a@b.io"]), "a string with commas"),
            ("AUTH_GRAVATAR_ENABLED", json!("true"), "true or false"),
            ("AUTH_ACCESS_TOKEN_EXPIRES_IN", json!("1"), "a whole number"),
        ] {
            let members = json!({ "AUTH_DISABLE_SIGNUP": true, name: value });
            server.refused(members, &format!("{name} expects {expected}")).await;
        }

        server.sign_up(ADA).await;
    }

    async fn a_value_that_the_setting_does_not_take_is_refused_and_nothing_is_changed(database) {
        let server = changeable(&database).start().await;

        for (name, value) in [
            ("AUTH_CLIENT_URL", json!("localhost")),
            ("AUTH_SERVER_URL", json!("myapp://x")),
            ("HASURA_GRAPHQL_GRAPHQL_URL", json!("hasura")),
            ("AUTH_PASSWORD_MIN_LENGTH", json!(-1)),
            ("AUTH_PASSWORD_MIN_LENGTH", json!(73)),
            ("AUTH_REFRESH_TOKEN_EXPIRES_IN", json!(0)),
            ("AUTH_DEFAULT_ALLOWED_ROLES", json!(["x".repeat(300)])),
            ("AUTH_JWT_CUSTOM_CLAIMS", json!("[]")),
            ("AUTH_JWT_CUSTOM_CLAIMS", json!("{\"org\":\"profile.org\"}")),
            ("AUTH_SMS_PROVIDER", json!("pigeon")),
            ("AUTH_SMS_PASSWORDLESS_ENABLED", json!(true)),
        ] {
            let members = json!({ "AUTH_DISABLE_SIGNUP": true, name: value });
            server.refused(members, name).await;
        }

        server.sign_up(ADA).await;
    }

    async fn names_that_are_not_known_and_nulls_are_passed_over(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({
            "AUTH_USER_DEFAULT_ALLOWED_ROLES": "editor",
            "AUTH_USER_DEFAULT_ROLE": "editor",
            "AUTH_LOCALE_DEFAULT": "fr",
            "AUTH_WEBAUTHN_RP_NAME": "x",
            "AUTH_WEBAUTHN_RP_ID": "x",
            "AUTH_SMS_TEST_PHONE_NUMBERS": "x",
            "AUTH_EMAIL_TEMPLATE_FETCH_URL": "x",
            "AUTH_HIBP_ENABLED": true,
            "NO_SUCH_NAME": { "a": [1] },
            "AUTH_PASSWORD_MIN_LENGTH": null,
            "AUTH_DISABLE_SIGNUP": null,
        })).await;

        let user = server.sign_up(ADA).await["user"].clone();
        assert_eq!(user["defaultRole"], "user");
        assert_eq!(user["roles"], json!(["me", "user"]));
        assert_eq!(user["locale"], "en");
    }

    async fn what_only_a_start_decides_stays_as_it_was(database) {
        let server = changeable(&database).start().await;
        let before = server.sign_up(ADA).await;

        server.changed(json!({
            "HASURA_GRAPHQL_JWT_SECRET": "{\"type\":\"HS256\",\"key\":\"0123456789abcdef0123456789abcdef\"}",
            "AUTH_REQUIRE_ELEVATED_CLAIM": "required",
            "AUTH_SMTP_HOST": "mail.example.com",
            "AUTH_RATE_LIMIT_ENABLE": true,
            "AUTH_RATE_LIMIT_GLOBAL_BURST": 1,
            "AUTH_API_PREFIX": "/v9",
            "AUTH_ENABLE_CHANGE_ENV": false,
            "AUTH_ACCESS_TOKEN_EXPIRES_IN": 5,
        })).await;

        let token = before["accessToken"].as_str().unwrap();
        server.get_as(token, "/user").await.expect(200);
        let body = json!({ "newPassword": PASSWORD });
        server.post_as(token, "/user/password", &body).await.expect(200);
        let after = server.sign_up(EVE).await;
        assert_eq!(after["accessTokenExpiresIn"], 900);
        let claims = claims_of(&after);
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, 900);
        server.changed(json!({})).await;
    }
}
