//! `POST /v1/signup`

use serde_json::json;

use crate::support::{
    Database, PASSWORD, Server, ServerBuilder, legacy_credentials, on_both_databases,
};

on_both_databases! {
    async fn a_sign_up_by_name_answers_the_documented_four_members(database) {
        let server = Server::on(&database).await;

        let mut user = server.legacy_sign_up("johnsmith").await;

        let token = user["auth_token"].take();
        let token = token.as_str().unwrap();
        assert_eq!(token.len(), 48);
        assert!(token.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it)));
        assert_eq!(user, json!({
            "auth_token": null,
            "username": "johnsmith",
            "hasura_id": 2,
            "hasura_roles": ["user"],
        }));
        let stored = format!("SELECT count(*) AS count FROM auth.opaque_sessions \
                              WHERE token_hash = '{token}'");
        assert_eq!(database.count(&stored).await, 0, "only the hash is stored");
    }

    async fn a_name_in_use_is_refused(database) {
        let server = Server::on(&database).await;
        server.legacy_sign_up("johnsmith").await;

        let answer = server.post("/v1/signup", &legacy_credentials(" johnsmith ", PASSWORD)).await;

        answer.expect_legacy_error(400, "user-exists", "user already exists");
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 1);
    }

    async fn passwords_have_the_legacy_minimum(database) {
        let server = Server::on(&database).await;

        let short = server.post("/v1/signup", &legacy_credentials("john", "1234567")).await;
        let long = server.post("/v1/signup", &legacy_credentials("john", &"x".repeat(73))).await;

        short.expect_legacy_error(400, "invalid-password", "min password length is 8 characters");
        let message = "the password is longer than 72 bytes";
        long.expect_legacy_error(400, "invalid-password", message);
    }

    async fn default_roles_of_the_provider_come_after_the_role_user(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_LEGACY_USERNAME_DEFAULT_ROLES", "member,editor")
            .start()
            .await;

        let user = server.legacy_sign_up("john").await;

        assert_eq!(user["hasura_roles"], json!(["user", "member", "editor"]));
    }

    async fn sign_up_can_be_disabled_and_new_users_too(database) {
        let closed =
            ServerBuilder::new(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;
        let waiting =
            ServerBuilder::new(&database).set("AUTH_DISABLE_NEW_USERS", "true").start().await;

        let closed = closed.post("/v1/signup", &legacy_credentials("john", PASSWORD)).await;
        let created = waiting.post("/v1/signup", &legacy_credentials("john", PASSWORD)).await;
        let login = waiting.post("/v1/login", &legacy_credentials("john", PASSWORD)).await;

        closed.expect_legacy_error(400, "not-enabled", "sign up is disabled");
        let message = "user is deactivated. Can't login";
        created.expect_legacy_error(400, "not-active", message);
        login.expect_legacy_error(400, "not-active", message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_provider_but_username_is_refused_by_name() {
    let server = Server::on(&Database::sqlite()).await;

    for path in ["/v1/signup", "/v1/login"] {
        for provider in [
            "email",
            "mobile",
            "mobile-password",
            "google",
            "facebook",
            "linkedin",
            "github",
        ] {
            let answer = server
                .post(path, &json!({ "provider": provider, "data": {} }))
                .await;
            answer.expect_legacy_error(400, "not-enabled", "provider is disabled");
        }
        let answer = server
            .post(path, &json!({ "provider": "myspace", "data": {} }))
            .await;
        answer.expect_legacy_error(400, "invalid-provider", "invalid provider");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_username_can_be_switched_off() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_LEGACY_USERNAME_ENABLED", "false")
        .start()
        .await;

    for path in ["/v1/signup", "/v1/login"] {
        let answer = server
            .post(path, &legacy_credentials("john", PASSWORD))
            .await;
        answer.expect_legacy_error(400, "not-enabled", "provider is disabled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_lacks_something_says_what() {
    let server = Server::on(&Database::sqlite()).await;
    let missing =
        |key: &str| format!("Error in $: When parsing the record the key {key} was not present.");
    let provider = "username";

    for (body, message) in [
        (json!({ "data": {} }), missing("provider")),
        (json!({ "provider": provider }), missing("data")),
        (
            json!({ "provider": provider, "data": { "password": PASSWORD } }),
            missing("username"),
        ),
        (
            json!({ "provider": provider, "data": { "username": "john" } }),
            missing("password"),
        ),
        (
            json!({ "provider": provider, "data": { "username": 1, "password": PASSWORD } }),
            "Error in $.data.username: expected a string".to_owned(),
        ),
        (
            json!({ "provider": 1, "data": {} }),
            "Error in $.provider: expected a string".to_owned(),
        ),
        (
            json!({ "provider": provider, "data": { "username": " ", "password": PASSWORD } }),
            "Error in $.data.username: a user name has 1 to 255 characters and no control \
             characters"
                .to_owned(),
        ),
    ] {
        for path in ["/v1/signup", "/v1/login"] {
            server
                .post(path, &body)
                .await
                .expect_legacy_error(400, "invalid-args", &message);
        }
    }
    let extra = json!({
        "provider": provider,
        "data": { "username": "john", "password": PASSWORD, "extra": 1 },
        "more": true,
    });
    server.post("/v1/signup", &extra).await.expect(200);
}
