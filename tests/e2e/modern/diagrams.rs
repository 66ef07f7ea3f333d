//! The sequence diagrams of Hasura Auth's guide, step by step, with their numbers.

use serde_json::json;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases};

on_both_databases! {
    async fn sign_up_without_email_verification(database) {
        let server = Server::on(&database).await;

        // 1 to 3: the request creates the user and answers both tokens.
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let answer = server.post("/signup/email-password", &body).await.expect(200);

        let session = &answer["session"];
        let bearer = session["accessToken"].as_str().unwrap();
        server.get_as(bearer, "/user").await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
        assert!(server.mails().is_empty());
    }

    async fn sign_up_with_email_verification(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;

        // 1 to 6: a ticket is made and mailed, and the answer has no data.
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let answer = server.post("/signup/email-password", &body).await;
        assert_eq!(answer.expect(200), json!({}));
        let before = server.sign_in("ada@example.com", PASSWORD).await;
        before.expect_error(401, "unverified-user", "User is not verified.");

        // 7 to 10: the mail arrives, and its link leads to the frontend with a refresh token.
        let mail = server.last_mail();
        assert_eq!(mail["template"], "email-verify");
        let redirect = server.follow(&mail).await;
        assert_eq!(redirect.target(), "http://localhost:3000/");
        let token = json!(redirect.parameters()["refreshToken"]);
        let query = "SELECT count(*) AS count FROM auth.users WHERE email_verified";
        assert_eq!(database.count(query).await, 1);

        // 12 and 13: the refresh token is worth both tokens.
        let session = server.refresh(&token).await.expect(200);
        assert_eq!(session["user"]["emailVerified"], true);
        let bearer = session["accessToken"].as_str().unwrap();
        server.get_as(bearer, "/user").await.expect(200);
    }

    async fn sign_in_without_second_factor(database) {
        let server = Server::on(&database).await;
        server.sign_up("ada@example.com").await;

        let answer = server.sign_in("ada@example.com", PASSWORD).await.expect(200);

        let session = &answer["session"];
        assert_eq!(answer.get("mfa"), None);
        let bearer = session["accessToken"].as_str().unwrap();
        server.get_as(bearer, "/user").await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }
}
