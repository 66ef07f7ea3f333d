//! One set of users behind both APIs.

use serde_json::json;

use crate::support::{Database, PASSWORD, Server, on_both_databases};

on_both_databases! {
    async fn users_of_both_generations_are_numbered_in_one_row(database) {
        let server = Server::on(&database).await;

        let ada = server.sign_up("ada@example.com").await;
        let john = server.legacy_sign_up("john").await;

        assert_eq!(john["hasura_id"], 3);
        let token = ada["accessToken"].as_str().unwrap();
        let info = server.get_as(token, "/v1/user/info").await.expect(200);
        assert_eq!(info, json!({
            "auth_token": token,
            "email": "ada@example.com",
            "hasura_id": 2,
            "hasura_roles": ["me", "user"],
        }));
    }

    async fn a_password_changed_through_one_generation_is_changed_in_the_other(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();

        let body = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
        server.post_as(token, "/v1/user/change-password", &body).await.expect(200);

        server.refresh(&ada["refreshToken"]).await.expect(401);
        server.sign_in("ada@example.com", PASSWORD).await.expect(401);
        server.sign_in("ada@example.com", "battery staple").await.expect(200);
    }

    async fn the_token_of_an_ended_session_changes_no_password(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let body = json!({ "refreshToken": ada["refreshToken"] });
        server.post("/signout", &body).await.expect(200);

        let body = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
        let refused = server.post_as(token, "/v1/user/change-password", &body).await;

        refused.expect_legacy_error(401, "unauthorized", "invalid authorization token");
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn a_long_password_chosen_through_one_generation_is_good_in_the_other(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let long = "x".repeat(72);

        let body = json!({ "old_password": PASSWORD, "new_password": long });
        server.post_as(token, "/v1/user/change-password", &body).await.expect(200);

        server.sign_in("ada@example.com", &long).await.expect(200);
        server.sign_in("ada@example.com", &"x".repeat(71)).await.expect(401);
        server.sign_in("ada@example.com", &"x".repeat(73)).await.expect(401);
    }

    async fn an_access_token_is_no_session_to_log_out_of(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;

        let token = ada["accessToken"].as_str().unwrap();
        let answer = server.post_as(token, "/v1/user/logout", &json!({})).await;

        answer.expect_legacy_error(401, "unauthorized", "invalid authorization token");
    }

    async fn an_opaque_token_is_no_access_token(database) {
        let server = Server::on(&database).await;
        let john = server.legacy_sign_up("john").await;

        let answer = server.get_as(john["auth_token"].as_str().unwrap(), "/user").await;

        answer.expect(400);
    }
}
