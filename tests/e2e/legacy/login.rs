//! `POST /v1/login`

use serde_json::json;

use crate::support::{Database, PASSWORD, Server, legacy_credentials, on_both_databases};

on_both_databases! {
    async fn a_login_opens_another_session_of_the_same_user(database) {
        let server = Server::on(&database).await;
        let first = server.legacy_sign_up("john").await;

        let second = server.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;

        let second = second.expect(200);
        assert_eq!(second["hasura_id"], first["hasura_id"]);
        assert_ne!(second["auth_token"], first["auth_token"]);
        for session in [first, second] {
            let token = session["auth_token"].as_str().unwrap();
            assert_eq!(server.get_as(token, "/v1/user/info").await.expect(200), session);
        }
    }

    async fn a_wrong_password_and_an_unknown_name_look_the_same(database) {
        let server = Server::on(&database).await;
        server.legacy_sign_up("john").await;

        for (name, password) in [("john", "wrong horse"), ("jane", PASSWORD), ("John", PASSWORD)] {
            let answer = server.post("/v1/login", &legacy_credentials(name, password)).await;
            answer.expect_legacy_error(400, "invalid-creds", "invalid credentials");
        }
    }

    async fn a_second_factor_is_never_skipped(database) {
        let server = Server::on(&database).await;
        server.legacy_sign_up("john").await;
        database.execute("UPDATE auth.users SET active_mfa_type = 'totp'").await;

        let answer = server.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;

        assert_eq!(answer.expect(403)["code"], json!("second-factor-required"));
        let sessions = "SELECT count(*) AS count FROM auth.opaque_sessions";
        assert_eq!(database.count(sessions).await, 1, "only the one of the sign-up");
    }
}
