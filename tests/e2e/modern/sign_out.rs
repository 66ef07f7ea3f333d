//! `POST /signout`

use serde_json::json;

use crate::support::{Database, PASSWORD, Server, on_both_databases};

on_both_databases! {
    async fn signing_out_ends_that_session_alone(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up("ada@example.com").await;
        let second = server.sign_in("ada@example.com", PASSWORD).await.expect(200);

        let body = json!({ "refreshToken": first["refreshToken"], "unknown": true });
        let answer = server.post("/signout", &body).await;
        let again = server.post("/signout", &body).await;

        assert_eq!(answer.expect(200), json!("OK"));
        assert_eq!(again.expect(200), json!("OK"));
        server.refresh(&first["refreshToken"]).await.expect(401);
        server.refresh(&second["session"]["refreshToken"]).await.expect(200);
    }

    async fn a_tab_with_an_older_token_signs_out_all_the_same(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up("ada@example.com").await;
        let second = server.refresh(&first["refreshToken"]).await.expect(200);

        let body = json!({ "refreshToken": first["refreshToken"] });
        server.post("/signout", &body).await.expect(200);

        server.refresh(&second["refreshToken"]).await.expect(401);
        server.refresh(&first["refreshToken"]).await.expect(401);
    }

    async fn signing_out_everywhere_needs_a_bearer_token(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up("ada@example.com").await;
        let other = server.sign_up("bob@example.com").await;
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);

        let without = server.post("/signout", &json!({ "all": true })).await;
        let token = first["accessToken"].as_str().unwrap();
        let with = server.post_as(token, "/signout", &json!({ "all": true })).await;

        without.expect_error(400, "invalid-request", "The request payload is incorrect");
        assert_eq!(with.expect(200), json!("OK"));
        server.refresh(&first["refreshToken"]).await.expect(401);
        server.refresh(&other["refreshToken"]).await.expect(200);
        let left = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(left).await, 1);
    }

    async fn the_token_of_an_ended_session_signs_nobody_out(database) {
        let server = Server::on(&database).await;
        let thief = server.sign_up("ada@example.com").await;
        let owner = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let body = json!({ "refreshToken": thief["refreshToken"] });
        server.post("/signout", &body).await.expect(200);

        let token = thief["accessToken"].as_str().unwrap();
        let refused = server.post_as(token, "/signout", &json!({ "all": true })).await;

        refused.expect_error(400, "invalid-request", "The request payload is incorrect");
        server.refresh(&owner["session"]["refreshToken"]).await.expect(200);
    }

    async fn a_sign_out_that_names_nothing_is_an_invalid_request(database) {
        let server = Server::on(&database).await;

        for body in [json!({}), json!({ "refreshToken": "" }), json!({ "all": false })] {
            let answer = server.post("/signout", &body).await;
            answer.expect_error(400, "invalid-request", "The request payload is incorrect");
        }
        let unknown = json!({ "refreshToken": "whatever" });
        assert_eq!(server.post("/signout", &unknown).await.expect(200), json!("OK"));
    }
}
