//! `GET /user`

use reqwest::Method;
use serde_json::json;

use crate::support::{Database, Server, ServerBuilder, on_both_databases};

on_both_databases! {
    async fn the_current_user_is_who_the_token_says(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        server.sign_up("bob@example.com").await;

        let answer = server.get_as(ada["accessToken"].as_str().unwrap(), "/user").await;

        assert_eq!(answer.expect(200), ada["user"]);
    }

    async fn only_assigned_roles_and_an_object_for_unset_metadata_are_shown(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.users SET metadata = NULL").await;
        database.execute("DELETE FROM auth.user_roles WHERE role = 'user'").await;

        let user = server.get_as(ada["accessToken"].as_str().unwrap(), "/user").await.expect(200);
        let session = server.refresh(&ada["refreshToken"]).await.expect(200);

        assert_eq!(user["metadata"], json!({}));
        assert_eq!(user["roles"], json!(["me"]));
        assert_eq!(session["user"]["roles"], json!(["me", "user"]));
    }

    async fn without_a_good_bearer_token_there_is_no_user(database) {
        let server = Server::on(&database).await;
        let ada = server.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let headers = [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("bearer {token}"),
            format!("Basic {token}"),
            format!("Bearer  {token}"),
            format!("Bearer {token} x"),
            "Bearer abc".to_owned(),
        ];

        for header in headers {
            let request = server.request(Method::GET, "/user").header("Authorization", &header);
            let body = server.send(request).await.expect(400);
            let text = body["error"].as_str().unwrap();
            let expected = "error in openapi3filter.SecurityRequirementsError: \
                            security requirements failed: ";
            assert!(text.starts_with(expected), "{header:?}: {text}");
        }
    }

    async fn the_state_of_the_account_is_checked_on_every_request(database) {
        let server = Server::on(&database).await;
        let verifying = |server: ServerBuilder| {
            server.set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
        };
        let secret = r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef"}"#;
        let shared = ServerBuilder::new(&database).set("HASURA_GRAPHQL_JWT_SECRET", secret);
        let strict = verifying(shared).start().await;
        let shared = ServerBuilder::new(&database).set("HASURA_GRAPHQL_JWT_SECRET", secret);
        let lax = shared.start().await;
        let ada = lax.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();

        let foreign = server.get_as(token, "/user").await;
        let unverified = strict.get_as(token, "/user").await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = lax.get_as(token, "/user").await;
        database.execute("DELETE FROM auth.users").await;
        let deleted = lax.get_as(token, "/user").await;

        foreign.expect(400);
        unverified.expect_error(401, "unverified-user", "User is not verified.");
        disabled.expect_error(401, "disabled-user", "User is disabled");
        let message = "Incorrect email or password";
        deleted.expect_error(401, "invalid-email-password", message);
    }
}
