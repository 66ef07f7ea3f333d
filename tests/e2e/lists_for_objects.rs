//! A body, or its options, has to be a JSON object; an array of the same values is refused.

use serde_json::json;

use crate::support::{Database, PASSWORD, Phones, Server, on_both_databases};

const ADA: &str = "ada@example.com";

on_both_databases! {
    async fn a_list_of_the_right_values_is_no_body_and_no_options(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .set("AUTH_WEBAUTHN_ENABLED", "true")
            .start()
            .await;
        let session = server.sign_up(ADA).await;
        let token = session["accessToken"].as_str().unwrap();
        // In the order in which the members are documented.
        let lists = [
            ("/signin/email-password", json!([ADA, PASSWORD])),
            ("/token", json!([session["refreshToken"]])),
            ("/signout", json!([session["refreshToken"], false])),
            ("/signin/anonymous", json!([])),
            ("/token/verify", json!([])),
            ("/signin/webauthn", json!([])),
            ("/user/password", json!(["battery staple"])),
        ];
        let new = "new@example.com";
        let options = json!([["user"], "user"]);
        let with_options = [
            ("/signup/email-password", json!({ "email": new, "password": PASSWORD, "options": options })),
            ("/signin/passwordless/email", json!({ "email": new, "options": options })),
            ("/signup/passwordless/email", json!({ "email": new, "options": options })),
            ("/signin/otp/email", json!({ "email": new, "options": options })),
            ("/signup/otp/email", json!({ "email": new, "options": options })),
            ("/signin/passwordless/sms", json!({ "phoneNumber": "+41790000001", "options": options })),
            ("/signup/webauthn", json!({ "email": new, "options": options })),
            ("/user/email/change", json!({ "newEmail": new, "options": [] })),
            ("/user/password/reset", json!({ "email": ADA, "options": [] })),
            ("/user/email/send-verification-email", json!({ "email": ADA, "options": [] })),
        ];

        for (path, body) in lists.into_iter().chain(with_options) {
            let answer = server.post_as(token, path, &body).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text);
            let told = answer.expect_invalid_request();
            assert!(told.contains("expected an object"), "{path}: {told}");
            assert!(!told.contains(PASSWORD), "{path}: {told}");
        }

        assert!(server.mails().is_empty());
        assert_eq!(phones.count(), 0);
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 1);
        server.sign_in(ADA, PASSWORD).await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn a_list_of_the_right_values_is_no_body_of_the_legacy_generation(database) {
        let server = Server::on(&database).await;
        let data = json!({ "username": "ada", "password": PASSWORD });
        let whole = server.post("/v1/signup", &json!(["username", data])).await;

        assert_eq!(whole.status, 400, "{}", whole.text);
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 0);
    }
}
