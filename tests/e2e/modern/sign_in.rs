//! `POST /signin/email-password`

use serde_json::json;

use crate::{
    request_log::is_uuid,
    support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases},
};

on_both_databases! {
    async fn the_right_password_opens_a_session_and_no_mfa_is_mentioned(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up("ada@example.com").await;

        let answer = server.sign_in("ADA@example.com", PASSWORD).await.expect(200);

        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        let session = &answer["session"];
        assert_eq!(session["user"]["id"], first["user"]["id"]);
        assert_ne!(session["refreshTokenId"], first["refreshTokenId"]);
        server.get_as(session["accessToken"].as_str().unwrap(), "/user").await.expect(200);
    }

    async fn a_wrong_password_and_an_unknown_user_look_the_same(database) {
        let server = Server::on(&database).await;
        server.sign_up("ada@example.com").await;

        let wrong = server.sign_in("ada@example.com", "wrong horse").await;
        let unknown = server.sign_in("eve@example.com", "wrong horse").await;
        let overlong = server.sign_in("ada@example.com", &"é".repeat(50)).await;

        for answer in [&wrong, &unknown, &overlong] {
            let message = "Incorrect email or password";
            answer.expect_error(401, "invalid-email-password", message);
        }
        assert_eq!(wrong.text, unknown.text);
    }

    async fn anonymous_users_have_no_password_to_sign_in_with(database) {
        let server = Server::on(&database).await;
        server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.users SET is_anonymous = true").await;

        let answer = server.sign_in("ada@example.com", PASSWORD).await;

        answer.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");
    }

    async fn a_second_factor_is_asked_for_instead_of_opening_a_session(database) {
        let server = Server::on(&database).await;
        server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.users SET active_mfa_type = 'totp'").await;

        let answer = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let wrong = server.sign_in("ada@example.com", "wrong horse").await;

        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        let ticket = answer["mfa"]["ticket"].as_str().unwrap();
        // Clients before nhost-js 4 accept no other form of ticket.
        let id = ticket.strip_prefix("mfaTotp:").unwrap();
        assert!(is_uuid(id), "{ticket}");
        wrong.expect_error(401, "invalid-email-password", "Incorrect email or password");
        let pending = "SELECT count(*) AS count FROM auth.tickets WHERE purpose = 'mfaTotp'";
        assert_eq!(database.count(pending).await, 1);
        let as_token = json!({ "refreshToken": ticket });
        let refused = server.post("/token", &as_token).await;
        let message = "Invalid or expired refresh token";
        refused.expect_error(401, "invalid-refresh-token", message);
    }

    async fn concealed_errors_do_not_tell_whether_an_account_exists(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_CONCEAL_ERRORS", "true")
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);
        server.mail_to("ada@example.com").await;

        let unverified = server.sign_in("ada@example.com", PASSWORD).await;
        let unknown = server.sign_in("eve@example.com", PASSWORD).await;
        let refresh = server.refresh(&json!("57c3f278-ea3c-4f5f-8f09-12a598d97c1c")).await;

        for answer in [unverified, unknown, refresh] {
            let message = "The request payload is incorrect";
            answer.expect_error(400, "invalid-request", message);
        }
    }
}
