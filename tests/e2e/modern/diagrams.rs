//! The sequence diagrams of Hasura Auth's guide, step by step, with their numbers.

use serde_json::json;

use crate::support::{
    Authenticator, Database, PASSWORD, Server, ServerBuilder, on_both_databases, scanned,
};

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

        // 12 and 13: the refresh token is exchanged for both tokens.
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

    async fn activation_of_the_second_factor(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();

        // 2 and 3: the QR code and the secret are answered; 4 and 5: an app reads them.
        let made = server.get_as(bearer, "/mfa/totp/generate").await.expect(200);
        let secret = made["totpSecret"].as_str().unwrap();
        assert!(scanned(made["imageUrl"].as_str().unwrap()).contains(secret));
        let app = Authenticator::new(secret);

        // 6 to 8: its code activates the second factor.
        let body = json!({ "code": app.code(), "activeMfaType": "totp" });
        let activated = server.post_as(bearer, "/user/mfa", &body).await;
        assert_eq!(activated.expect(200), json!("OK"));
        let user = server.get_as(bearer, "/user").await.expect(200);
        assert_eq!(user["activeMfaType"], "totp");
    }

    async fn sign_in_with_a_second_factor(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let ada = server.protected("ada@example.com").await;

        // 1 and 3: the right password is answered by a ticket and by no tokens.
        let answer = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        assert_eq!(answer.get("session"), None);
        let ticket = &answer["mfa"]["ticket"];

        // 4 to 7: with the code of the app, both tokens are.
        let body = json!({ "ticket": ticket, "otp": ada.app.code() });
        let answer = server.post("/signin/mfa/totp", &body).await.expect(200);
        let session = &answer["session"];
        let bearer = session["accessToken"].as_str().unwrap();
        server.get_as(bearer, "/user").await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }
}
