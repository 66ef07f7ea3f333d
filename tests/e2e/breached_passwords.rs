//! `AUTH_PASSWORD_HIBP_ENABLED`

use serde_json::json;

use crate::support::{
    Database, PASSWORD, Server, ServerBuilder, WebService, legacy_credentials, on_both_databases,
};

/// Its SHA-1 is 21BD12DC183F740EE76F27B78EB39C8AD972A757.
const BREACHED: &str = "P@ssw0rd";

async fn hibp() -> WebService {
    WebService::start(|request| match request.line.as_str() {
        "GET /range/21BD1" => (200, "2DC183F740EE76F27B78EB39C8AD972A757:83129".to_owned()),
        _ => (200, "0018A45C4D1DEF81644B54AB7F969B88D65:1".to_owned()),
    })
    .await
}

fn asking(url: &str, database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .set("AUTH_PASSWORD_HIBP_ENABLED", "true")
        .set("AUTH_PASSWORD_HIBP_URL", url)
}

async fn server(service: &WebService, database: &Database) -> Server {
    asking(service.url(), database)
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
        .start()
        .await
}

on_both_databases! {
    async fn a_password_of_a_data_breach_cannot_be_chosen_in_either_generation(database) {
        let service = hibp().await;
        let server = server(&service, &database).await;

        let body = json!({ "email": "ada@example.com", "password": BREACHED });
        let modern = server.post("/signup/email-password", &body).await;
        let legacy = server.post("/v1/signup", &legacy_credentials("ada", BREACHED)).await;

        modern.expect_error(400, "password-in-hibp-database", "Password is in HIBP database");
        let message = "the password is known from a data breach";
        legacy.expect_legacy_error(400, "invalid-password", message);
        let users = database.count("SELECT count(*) AS count FROM auth.users").await;
        assert_eq!(users, 0);
    }

    async fn another_password_can_and_the_service_learns_five_digits_of_its_hash(database) {
        let service = hibp().await;
        let server = server(&service, &database).await;

        server.sign_up("ada@example.com").await;
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);

        let received = service.received();
        assert_eq!(received.len(), 1, "{received:?}");
        assert_eq!(received[0].line.len(), "GET /range/12345".len());
        let names_itself = |it: &String| it.starts_with("user-agent: hasura-auth/");
        assert!(received[0].headers.iter().any(names_itself), "{received:?}");
        assert_eq!(received[0].body, "");
        assert!(!format!("{received:?}").contains("horse"));
    }

    async fn while_the_service_is_away_nobody_chooses_a_password_and_everybody_signs_in(database) {
        let service = hibp().await;
        let server_before = server(&service, &database).await;
        server_before.sign_up("ada@example.com").await;
        drop(server_before);
        let url = service.url().to_owned();
        drop(service);
        let server = asking(&url, &database)
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .start()
            .await;

        let body = json!({ "email": "bob@example.com", "password": PASSWORD });
        let refused = server.post("/signup/email-password", &body).await;

        refused.expect_error(500, "internal-server-error", "Internal server error");
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let log = server.output();
        assert!(log.contains("could not be looked up"), "{log}");
        assert!(!log.contains("/range/"), "{log}");
    }

    async fn a_service_at_a_private_address_is_only_asked_when_it_was_named(database) {
        let service = hibp().await;
        // A host name: its address is only known when it is resolved.
        let named = service.url().replace("http://127.0.0.1", "https://localhost");
        let server = asking(&named, &database).start().await;

        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let refused = server.post("/signup/email-password", &body).await;

        refused.expect_error(500, "internal-server-error", "Internal server error");
        assert!(service.received().is_empty());
        assert!(server.output().contains("AUTH_EGRESS_ALLOWED_HOSTS"));
    }
}
