//! `POST /signup/email-password`

use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const PATH: &str = "/signup/email-password";

/// The picture of ada@example.com: Gravatar's address ends in the MD5 of the lower-case one.
const AVATAR: &str = "https://www.gravatar.com/avatar/3e3417d7ef77d5932a6734b916515ed5?d=blank&r=g";

async fn sign_up_with(server: &Server, email: &str, options: Value) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD, "options": options });
    server.post(PATH, &body).await
}

on_both_databases! {
    async fn a_sign_up_answers_a_session_of_the_documented_shape(database) {
        let server = Server::on(&database).await;

        let session = server.sign_up("Ada@example.com").await;

        let members: Vec<_> = session.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            members,
            ["accessToken", "accessTokenExpiresIn", "refreshToken", "refreshTokenId", "user"]
        );
        assert_eq!(session["accessTokenExpiresIn"], 900);
        let mut user = session["user"].clone();
        let id = user["id"].take();
        let created_at = user["createdAt"].take();
        assert_eq!(id.as_str().unwrap().len(), 36);
        assert!(created_at.as_str().unwrap().ends_with('Z'), "{created_at}");
        assert_eq!(user, json!({
            "id": null,
            "createdAt": null,
            "displayName": "Ada@example.com",
            "avatarUrl": AVATAR,
            "locale": "en",
            "email": "Ada@example.com",
            "emailVerified": false,
            "phoneNumberVerified": false,
            "defaultRole": "user",
            "roles": ["me", "user"],
            "isAnonymous": false,
            "metadata": null,
            "activeMfaType": null,
        }));
    }

    async fn no_picture_is_looked_for_where_gravatar_is_switched_off(database) {
        let server = ServerBuilder::new(&database).set("AUTH_GRAVATAR_ENABLED", "false").start().await;

        assert_eq!(server.sign_up("ada@example.com").await["user"]["avatarUrl"], "");
    }

    async fn the_picture_is_in_the_wanted_style(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_GRAVATAR_DEFAULT", "identicon")
            .set("AUTH_GRAVATAR_RATING", "pg")
            .start()
            .await;

        let picture = server.sign_up("ada@example.com").await["user"]["avatarUrl"].clone();

        let picture = picture.as_str().unwrap();
        assert!(picture.ends_with("?d=identicon&r=pg"), "{picture}");
    }

    async fn the_options_of_a_sign_up_are_kept(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_USER_DEFAULT_ALLOWED_ROLES", "user,me,editor")
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
            .start()
            .await;
        let options = json!({
            "allowedRoles": ["editor", "me"],
            "defaultRole": "editor",
            "displayName": "Ada Lovelace",
            "locale": "fr",
            "metadata": { "first": { "name": "Ada" }, "n": [1, 2.5, null] },
            "redirectTo": "http://localhost:3000/welcome",
        });

        let answer = sign_up_with(&server, "ada@example.com", options).await;

        let user = answer.expect(200)["session"]["user"].clone();
        assert_eq!(user["roles"], json!(["editor", "me"]));
        assert_eq!(user["defaultRole"], "editor");
        assert_eq!(user["displayName"], "Ada Lovelace");
        assert_eq!(user["locale"], "fr");
        assert_eq!(user["metadata"], json!({ "first": { "name": "Ada" }, "n": [1, 2.5, null] }));
        let again = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        assert_eq!(again["session"]["user"], user);
    }

    async fn verification_answers_no_session_and_puts_a_mail_into_the_outbox(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;

        let answer = sign_up_with(&server, "ada@example.com", json!({})).await;

        assert_eq!(answer.expect(200), json!({}));
        let outbox = server.folder().join("data/outbox");
        let mails: Vec<_> = std::fs::read_dir(outbox).unwrap().map(|it| it.unwrap()).collect();
        assert_eq!(mails.len(), 1);
        let mail = std::fs::read_to_string(mails[0].path()).unwrap();
        assert!(mail.contains("ada@example.com"), "{mail}");
        let link = "http://auth.example.com/verify?redirectTo=http%3A%2F%2Flocalhost%3A3000\
                    &ticket=verifyEmail%3A";
        assert!(mail.contains(link), "{mail}");
        let refused = server.sign_in("ada@example.com", PASSWORD).await;
        refused.expect_error(401, "unverified-user", "User is not verified.");
    }

    async fn an_address_in_use_is_refused_in_every_spelling(database) {
        let server = Server::on(&database).await;
        server.sign_up("ada@example.com").await;

        let answer = sign_up_with(&server, "ADA@Example.com", json!({})).await;

        answer.expect_error(409, "email-already-in-use", "Email already in use");
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 1);
    }

    async fn of_many_parallel_sign_ups_with_one_address_one_wins(database) {
        let server = Server::on(&database).await;

        let tries = (0..10).map(|_| sign_up_with(&server, "ada@example.com", json!({})));
        let answers = futures_util::future::join_all(tries).await;

        let count = |status| answers.iter().filter(|it| it.status == status).count();
        assert_eq!((count(200), count(409)), (1, 9));
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 1);
    }

    async fn a_disabled_sign_up_is_refused(database) {
        let server = ServerBuilder::new(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        let answer = sign_up_with(&server, "ada@example.com", json!({})).await;

        answer.expect_error(403, "signup-disabled", "Sign up is disabled.");
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 0);
    }

    async fn new_users_can_start_disabled(database) {
        let server =
            ServerBuilder::new(&database).set("AUTH_DISABLE_NEW_USERS", "true").start().await;

        let answer = sign_up_with(&server, "ada@example.com", json!({})).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
        let disabled = "SELECT count(*) AS count FROM auth.users WHERE disabled";
        assert_eq!(database.count(disabled).await, 1);
        let sign_in = server.sign_in("ada@example.com", PASSWORD).await;
        sign_in.expect_error(401, "disabled-user", "User is disabled");
    }

    async fn the_access_lists_shut_addresses_out(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", "example.com")
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
            .start()
            .await;

        for address in ["eve@other.com", "spam@example.com", "Spam@Example.com"] {
            let answer = sign_up_with(&server, address, json!({})).await;
            let message = "Incorrect email or password";
            answer.expect_error(401, "invalid-email-password", message);
        }
        sign_up_with(&server, "ada@example.com", json!({})).await.expect(200);
    }

    async fn options_that_are_not_allowed_are_refused(database) {
        let server = Server::on(&database).await;

        let redirect = json!({ "redirectTo": "https://evil.example" });
        let redirect = sign_up_with(&server, "a@example.com", redirect).await;
        let role = sign_up_with(&server, "a@example.com", json!({ "allowedRoles": ["admin"] })).await;
        let default = sign_up_with(&server, "a@example.com", json!({ "defaultRole": "admin" })).await;

        let message = "The value of \"options.redirectTo\" is not allowed.";
        redirect.expect_error(400, "redirectTo-not-allowed", message);
        role.expect_error(400, "role-not-allowed", "Role not allowed");
        let message = "Default role must be in allowed roles";
        default.expect_error(400, "default-role-must-be-in-allowed-roles", message);
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 0);
    }

    async fn a_short_password_is_refused(database) {
        let server =
            ServerBuilder::new(&database).set("AUTH_PASSWORD_MIN_LENGTH", "9").start().await;

        let body = json!({ "email": "ada@example.com", "password": "12345678" });
        let answer = server.post(PATH, &body).await;

        answer.expect_error(400, "password-too-short", "Password is too short");
    }
}
