//! The rules for passwords hold at every endpoint that sets one.

use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, WebService, on_both_databases,
};

const ADA: &str = "ada@example.com";
const SETS: &str = "/user/password";
const DEANONYMIZE: &str = "/user/deanonymize";
/// Its SHA-1 is 21BD12DC183F740EE76F27B78EB39C8AD972A757.
const BREACHED: &str = "P@ssw0rd";

/// Ways to set a password, and the proof that none was set.
struct Chooser {
    server: Server,
    session: Value,
    anonymous: Value,
    ticket: Value,
}

fn token(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

impl Chooser {
    /// On a server without verification.
    async fn on(builder: ServerBuilder) -> Self {
        let server = builder
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let session = server.sign_up(ADA).await;
        let ask = json!({ "email": ADA });
        let ticket = server.mail_after("/user/password/reset", &ask).await["ticket"].clone();
        let anonymous = server
            .post("/signin/anonymous", &json!({}))
            .await
            .expect(200);
        Self {
            server,
            session,
            anonymous: anonymous["session"].clone(),
            ticket,
        }
    }

    async fn by_session(&self, password: &str) -> Answer {
        let body = json!({ "newPassword": password });
        self.server.post_as(token(&self.session), SETS, &body).await
    }

    async fn by_ticket(&self, password: &str) -> Answer {
        let body = json!({ "newPassword": password, "ticket": self.ticket });
        self.server.post(SETS, &body).await
    }

    async fn deanonymize(&self, password: &str) -> Answer {
        let body = json!({
            "signInMethod": "email-password", "email": "bob@example.com", "password": password,
        });
        let anonymous = token(&self.anonymous);
        self.server.post_as(anonymous, DEANONYMIZE, &body).await
    }

    async fn sign_up(&self, password: &str) -> Answer {
        let body = json!({ "email": "eve@example.com", "password": password });
        self.server.post("/signup/email-password", &body).await
    }

    /// Nothing has changed, and the ticket is still valid.
    async fn expect_nothing_chosen(&self, database: &Database) {
        let named = "SELECT count(*) AS count FROM auth.users WHERE email IS NOT NULL";
        assert_eq!(database.count(named).await, 1);
        self.server.sign_in(ADA, PASSWORD).await.expect(200);
        let refreshed = self.server.refresh(&self.session["refreshToken"]).await;
        refreshed.expect(200);
        let refreshed = self.server.refresh(&self.anonymous["refreshToken"]).await;
        assert_eq!(refreshed.expect(200)["user"]["isAnonymous"], true);
        self.by_ticket("battery staple").await.expect(200);
    }
}

on_both_databases! {
    async fn a_password_that_is_too_short_cannot_be_chosen_anywhere(database) {
        let builder = ServerBuilder::new(&database).set("AUTH_PASSWORD_MIN_LENGTH", "9");
        let ada = Chooser::on(builder).await;

        for answer in [
            ada.by_session("12345678").await,
            ada.by_ticket("12345678").await,
            ada.deanonymize("12345678").await,
            ada.sign_up("12345678").await,
        ] {
            answer.expect_error(400, "password-too-short", "Password is too short");
        }

        ada.expect_nothing_chosen(&database).await;
    }

    async fn a_password_of_few_characters_and_many_bytes_cannot_be_chosen_anywhere(database) {
        let ada = Chooser::on(ServerBuilder::new(&database)).await;
        // 37 characters, 74 bytes; bcrypt hashes only the first 72.
        let password = "é".repeat(37);

        for answer in [
            ada.by_session(&password).await,
            ada.by_ticket(&password).await,
            ada.deanonymize(&password).await,
            ada.sign_up(&password).await,
        ] {
            let told = answer.expect_invalid_request();
            assert!(told.ends_with("the password is longer than 72 bytes"), "{told}");
        }

        ada.expect_nothing_chosen(&database).await;
        ada.sign_up(&"é".repeat(36)).await.expect(200);
    }

    async fn a_password_of_a_data_breach_cannot_be_chosen_anywhere(database) {
        let hibp = WebService::start(|request| match request.line.as_str() {
            "GET /range/21BD1" => (200, "2DC183F740EE76F27B78EB39C8AD972A757:83129".to_owned()),
            _ => (200, "0018A45C4D1DEF81644B54AB7F969B88D65:1".to_owned()),
        })
        .await;
        let builder = ServerBuilder::new(&database)
            .set("AUTH_PASSWORD_HIBP_ENABLED", "true")
            .set("AUTH_PASSWORD_HIBP_URL", hibp.url())
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1");
        let ada = Chooser::on(builder).await;

        for answer in [
            ada.by_session(BREACHED).await,
            ada.by_ticket(BREACHED).await,
            ada.deanonymize(BREACHED).await,
            ada.sign_up(BREACHED).await,
        ] {
            let message = "Password is in HIBP database";
            answer.expect_error(400, "password-in-hibp-database", message);
        }

        ada.expect_nothing_chosen(&database).await;
    }
}
