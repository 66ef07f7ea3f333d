//! Ways to sign in, switched on and off.

use serde_json::json;

use super::*;
use crate::support::SecurityKey;

on_both_databases! {
    async fn anonymous_users(database) {
        let server = changeable(&database).start().await;
        let ask = async || server.post("/signin/anonymous", &json!({})).await;

        expect_switched_off(&ask().await);
        server.changed(json!({ "AUTH_ANONYMOUS_USERS_ENABLED": true })).await;
        ask().await.expect(200);
        server.changed(json!({ "AUTH_ANONYMOUS_USERS_ENABLED": false })).await;
        expect_switched_off(&ask().await);
    }

    async fn links_and_codes_by_mail(database) {
        let server = changeable(&database).start().await;

        for (name, path) in [
            ("AUTH_EMAIL_PASSWORDLESS_ENABLED", "/signin/passwordless/email"),
            ("AUTH_OTP_EMAIL_ENABLED", "/signin/otp/email"),
        ] {
            let ask = async || server.post(path, &json!({ "email": ADA })).await;
            expect_switched_off(&ask().await);
            server.changed(json!({ name: true })).await;
            ask().await.expect(200);
            server.changed(json!({ name: false })).await;
            expect_switched_off(&ask().await);
        }
        assert_eq!(server.mails().len(), 2);
    }

    async fn second_factors(database) {
        let server = changeable(&database).start().await;
        let session = server.sign_up(ADA).await;
        let token = session["accessToken"].as_str().unwrap();
        let ask = async || server.get_as(token, "/mfa/totp/generate").await;

        expect_switched_off(&ask().await);
        server.changed(json!({ "AUTH_MFA_ENABLED": true })).await;
        let secret = ask().await.expect(200);
        assert!(secret["totpSecret"].is_string());
        server.changed(json!({ "AUTH_MFA_ENABLED": false })).await;
        expect_switched_off(&ask().await);
    }

    async fn security_keys_with_their_domain_and_origins(database) {
        let server = changeable(&database).start().await;
        let begin = async || server.post("/signup/webauthn", &json!({ "email": ADA })).await;

        expect_switched_off(&begin().await);
        server.changed(json!({ "AUTH_WEBAUTHN_ENABLED": true })).await;
        let options = begin().await.expect(200);
        assert_eq!(options["rp"], json!({ "id": "localhost", "name": "localhost" }));
        let credential = SecurityKey::new(&options).attest(&options);
        let elsewhere = json!({
            "AUTH_WEBAUTHN_RPID": "example.com",
            "AUTH_WEBAUTHN_RPNAME": "Acme",
            "AUTH_WEBAUTHN_RP_ORIGINS": ["https://app.example.com"],
        });
        server.changed(elsewhere).await;
        let rp = begin().await.expect(200)["rp"].clone();
        assert_eq!(rp, json!({ "id": "example.com", "name": "Acme" }));
        // It was made for the former domain (relying party).
        let verify = json!({ "credential": credential });
        server.post("/signup/webauthn/verify", &verify).await.expect(400);
        server.changed(json!({
            "AUTH_WEBAUTHN_RPID": "", "AUTH_WEBAUTHN_RPNAME": "", "AUTH_WEBAUTHN_RP_ORIGINS": [],
        })).await;
        let options = begin().await.expect(200);
        assert_eq!(options["rp"], json!({ "id": "localhost", "name": "localhost" }));
        let credential = SecurityKey::new(&options).attest(&options);
        server.post("/signup/webauthn/verify", &json!({ "credential": credential }))
            .await
            .expect(200);
    }

    async fn security_keys_need_an_origin(database) {
        let server = changeable(&database).start().await;

        for members in [
            json!({ "AUTH_WEBAUTHN_ENABLED": true, "AUTH_WEBAUTHN_RPID": "example.com" }),
            json!({
                "AUTH_WEBAUTHN_ENABLED": true,
                "AUTH_WEBAUTHN_RPID": "example.com",
                "AUTH_WEBAUTHN_RP_ORIGINS": ["https://elsewhere.example"],
            }),
        ] {
            server.refused(members, "AUTH_WEBAUTHN_ENABLED is on, but").await;
        }

        expect_switched_off(&server.post("/signup/webauthn", &json!({ "email": ADA })).await);
    }
}
