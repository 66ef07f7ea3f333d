//! Services that the server calls.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::*;
use crate::support::{Received, WebService, claims_of};

/// The header that shows Hasura the admin secret.
const HEADER: &str = "x-hasura-admin-secret";

const NUMBER: &str = "+41790000001";
const SECRETS: [&str; 3] = [
    "hunter2-of-hasura",
    "hunter2-of-twilio",
    "hunter2-of-modica",
];

fn custom(session: &Value) -> Map<String, Value> {
    let mut claims = claims_of(session)["https://hasura.io/jwt/claims"]
        .as_object()
        .unwrap()
        .clone();
    claims.retain(|name, _| name.ends_with("-org") || name.ends_with("-level"));
    claims
}

async fn hasura(org: &'static str) -> WebService {
    WebService::start(move |_| {
        let user = json!({ "profile": { "org": org } });
        (200, json!({ "data": { "user": user } }).to_string())
    })
    .await
}

on_both_databases! {
    async fn custom_claims_are_set_changed_and_removed(database) {
        let server = changeable(&database).start().await;
        let (first, second) = (hasura("o1").await, hasura("o2").await);
        let url = |service: &WebService| format!("{}/v1/graphql", service.url());

        let session = server.sign_up(ADA).await;
        let again = async || {
            server.sign_in(ADA, PASSWORD).await.expect(200)["session"].clone()
        };
        assert_eq!(json!(custom(&session)), json!({}));
        server.changed(json!({
            "HASURA_GRAPHQL_GRAPHQL_URL": url(&first),
            "HASURA_GRAPHQL_ADMIN_SECRET": SECRETS[0],
            "AUTH_JWT_CUSTOM_CLAIMS": "{\"org\":\"profile.org\",\"level\":\"profile.level\"}",
        })).await;
        let expected = json!({ "x-hasura-org": "o1", "x-hasura-level": "null" });
        assert_eq!(json!(custom(&again().await)), expected);
        server.changed(json!({ "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": "{\"level\":3}" })).await;
        server.changed(json!({ "HASURA_GRAPHQL_GRAPHQL_URL": url(&second) })).await;
        let expected = json!({ "x-hasura-org": "o2", "x-hasura-level": "3" });
        assert_eq!(json!(custom(&again().await)), expected);
        server.changed(json!({ "AUTH_JWT_CUSTOM_CLAIMS": "" })).await;
        assert_eq!(json!(custom(&again().await)), json!({}));

        // Besides these, the server checks at every change that the query is allowed.
        let id = session["user"]["id"].as_str().unwrap();
        for service in [&first, &second] {
            let received = service.received();
            let about_ada = received.iter().filter(|it| it.body.contains(id));
            assert_eq!(about_ada.count(), 1);
        }
        let header = format!("x-hasura-admin-secret: {}", SECRETS[0]);
        assert!(second.received()[0].headers.contains(&header));
        assert!(!server.output().contains(SECRETS[0]));
    }

    async fn no_other_hasura_is_told_the_admin_secret_of_the_start(database) {
        let (own, other) = (hasura("o1").await, hasura("o2").await);
        let url = |service: &WebService| format!("{}/v1/graphql", service.url());
        let claims = "{\"org\":\"profile.org\"}";
        let server = changeable(&database)
            .set("HASURA_GRAPHQL_GRAPHQL_URL", &url(&own))
            .set("HASURA_GRAPHQL_ADMIN_SECRET", SECRETS[0])
            .set("AUTH_JWT_CUSTOM_CLAIMS", claims)
            .start()
            .await;

        let members = json!({ "HASURA_GRAPHQL_GRAPHQL_URL": url(&other) });
        server.refused(members, "set HASURA_GRAPHQL_ADMIN_SECRET too").await;
        server.changed(json!({ "AUTH_JWT_CUSTOM_CLAIMS": "" })).await;
        server.changed(json!({ "HASURA_GRAPHQL_GRAPHQL_URL": url(&other) })).await;
        let members = json!({ "AUTH_JWT_CUSTOM_CLAIMS": claims });
        server.refused(members, "set HASURA_GRAPHQL_ADMIN_SECRET too").await;
        server.sign_up(ADA).await;
        server.changed(json!({
            "AUTH_JWT_CUSTOM_CLAIMS": claims,
            "HASURA_GRAPHQL_ADMIN_SECRET": "named-with-the-url",
        })).await;
        let session = server.sign_up(EVE).await;

        assert_eq!(json!(custom(&session)), json!({ "x-hasura-org": "o2" }));
        let secret_of = |it: &Received| it.headers.iter().find(|it| it.starts_with(HEADER)).cloned();
        let told = |service: &WebService| -> BTreeSet<_> {
            service.received().iter().filter_map(secret_of).collect()
        };
        let of_the_start = BTreeSet::from([format!("{HEADER}: {}", SECRETS[0])]);
        assert!(told(&own).is_subset(&of_the_start), "{:?}", told(&own));
        assert_eq!(told(&other), BTreeSet::from([format!("{HEADER}: named-with-the-url")]));
    }

    async fn messages_leave_by_another_provider(database) {
        let service = WebService::start(|request| {
            let status = if request.line.contains("/rest/sms/") { 202 } else { 201 };
            (status, "{}".to_owned())
        })
        .await;
        let server = changeable(&database)
            .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
            .set("AUTH_SMS_PROVIDER", "dev")
            .set("AUTH_SMS_TWILIO_URL", service.url())
            .set("AUTH_SMS_MODICA_URL", service.url())
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .start()
            .await;
        server.ask_for_text(NUMBER).await.expect(200);
        let kept = server.last_mail();

        server.changed(json!({
            "AUTH_SMS_PROVIDER": "twilio",
            "AUTH_SMS_TWILIO_ACCOUNT_SID": "AC1",
            "AUTH_SMS_TWILIO_AUTH_TOKEN": SECRETS[1],
            "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID": "MG1",
        })).await;
        server.ask_for_text(NUMBER).await.expect(200);
        server.changed(json!({
            "AUTH_SMS_PROVIDER": "modica",
            "AUTH_SMS_MODICA_USERNAME": "acme",
            "AUTH_SMS_MODICA_PASSWORD": SECRETS[2],
        })).await;
        server.ask_for_text(NUMBER).await.expect(200);
        server.changed(json!({ "AUTH_SMS_PASSWORDLESS_ENABLED": false })).await;
        expect_switched_off(&server.ask_for_text(NUMBER).await);

        assert_eq!(kept["to"], NUMBER);
        assert_eq!(server.mails().len(), 1);
        let received = service.received();
        let lines: Vec<_> = received.iter().map(|it| it.line.as_str()).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], "POST /2010-04-01/Accounts/AC1/Messages.json");
        assert!(received[0].body.contains("MessagingServiceSid=MG1"), "{:?}", received[0].body);
        assert!(received[1].body.contains(NUMBER), "{:?}", received[1].body);
        for secret in SECRETS {
            assert!(!server.output().contains(secret));
        }
    }

    async fn text_messages_without_credentials_are_refused(database) {
        let server = changeable(&database).start().await;

        let members = json!({ "AUTH_SMS_PASSWORDLESS_ENABLED": true, "AUTH_SMS_PROVIDER": "modica" });
        server.refused(members, "needs AUTH_SMS_MODICA_USERNAME").await;

        expect_switched_off(&server.ask_for_text(NUMBER).await);
    }

    async fn passwords_of_data_breaches(database) {
        // Its SHA-1 is 21BD12DC183F740EE76F27B78EB39C8AD972A757.
        let body = json!({ "email": ADA, "password": "P@ssw0rd" });
        let breached = "2DC183F740EE76F27B78EB39C8AD972A757:83129".to_owned();
        let service = WebService::start(move |_| (200, breached.clone())).await;
        let server = changeable(&database)
            .set("AUTH_PASSWORD_HIBP_URL", service.url())
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .start()
            .await;

        server.changed(json!({ "AUTH_PASSWORD_HIBP_ENABLED": true })).await;
        let refused = server.post("/signup/email-password", &body).await;
        server.changed(json!({ "AUTH_PASSWORD_HIBP_ENABLED": false })).await;

        refused.expect_error(400, "password-in-hibp-database", "Password is in HIBP database");
        server.post("/signup/email-password", &body).await.expect(200);
        assert_eq!(service.received().len(), 1);
    }

    async fn the_log_names_what_was_changed_and_tells_no_value(database) {
        let server = changeable(&database).set("AUTH_LOG_LEVEL", "debug").start().await;
        let members = json!({
            "HASURA_GRAPHQL_ADMIN_SECRET": SECRETS[0],
            "AUTH_SMS_TWILIO_AUTH_TOKEN": SECRETS[1],
            "AUTH_SMS_MODICA_PASSWORD": SECRETS[2],
            "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS": "mallory@example.com",
            "NO_SUCH_NAME": "no such value",
        });

        server.changed(members.clone()).await;
        let mut wrong = members;
        wrong["AUTH_DISABLE_SIGNUP"] = json!("hunter2");
        let first = server.change(&wrong).await;
        wrong["AUTH_DISABLE_SIGNUP"] = json!(false);
        wrong["HASURA_GRAPHQL_ADMIN_SECRET"] = json!("hunter2\u{e4}");
        let second = server.change(&wrong).await;

        for answer in [first, second] {
            answer.expect(400);
            assert!(!answer.text.contains("hunter2"), "{}", answer.text);
        }
        server.printed("settings were changed").await;
        let log = server.output();
        assert!(log.contains("AUTH_SMS_TWILIO_AUTH_TOKEN"), "{log}");
        for word in ["hunter2", "mallory", "NO_SUCH_NAME", "no such value"] {
            assert!(!log.contains(word), "{word}: {log}");
        }
    }
}
