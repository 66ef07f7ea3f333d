//! Mail through an HTTP API, to a service that delivers it to the user.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Database, PASSWORD, Server, ServerBuilder, WebService, on_both_databases};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A service that accepts every mail, or none.
async fn service(status: u16) -> WebService {
    WebService::start(move |_| (status, "{}".to_owned())).await
}

fn sending(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .by_mail()
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
}

fn with_postmark(builder: ServerBuilder, service: &WebService) -> ServerBuilder {
    builder
        .set("AUTH_SMTP_HOST", "postmark")
        .set("AUTH_SMTP_PASS", "postmark-token-1234")
        .set("AUTH_SMTP_SENDER", "Hasura Auth <auth@example.com>")
        .set("AUTH_SMTP_POSTMARK_URL", service.url())
}

fn with_webhook(builder: ServerBuilder, service: &WebService) -> ServerBuilder {
    builder
        .set(
            "AUTH_EMAIL_WEBHOOK_URL",
            &format!("{}/mails", service.url()),
        )
        .set("AUTH_EMAIL_WEBHOOK_SECRET", KEY)
}

async fn sign_up(server: &Server) {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = server.post("/signup/email-password", &body).await;
    assert_eq!(answer.expect(200), json!({}));
}

/// Follows the link of a mail, and signs in as the user whose address it verified.
async fn follow(server: &Server, mail: &Value) {
    let followed = server.send(server.request_of(Method::GET, mail)).await;
    assert!(followed.parameters().contains_key("refreshToken"));
    server
        .sign_in("ada@example.com", PASSWORD)
        .await
        .expect(200);
}

/// The body of the only request that a service got.
fn only_body(service: &WebService, line: &str) -> Value {
    let received = service.received();
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0].line, line);
    serde_json::from_str(&received[0].body).unwrap()
}

on_both_databases! {
    async fn a_person_signs_up_and_follows_the_link_that_postmark_was_given(database) {
        let postmark = service(200).await;
        let server = with_postmark(sending(&database), &postmark).start().await;

        sign_up(&server).await;

        let body = only_body(&postmark, "POST /email/withTemplate");
        assert_eq!(body["TemplateAlias"], "en.email-verify");
        assert_eq!(body["From"], "Hasura Auth <auth@example.com>");
        assert_eq!(body["To"], "ada@example.com");
        let token = "x-postmark-server-token: postmark-token-1234".to_owned();
        assert!(postmark.received()[0].headers.contains(&token));
        follow(&server, &body["TemplateModel"]).await;
    }

    async fn a_person_signs_up_and_follows_the_link_that_a_web_hook_was_given(database) {
        let webhook = service(204).await;
        let server = with_webhook(sending(&database), &webhook).start().await;

        sign_up(&server).await;

        let body = only_body(&webhook, "POST /mails");
        assert_eq!(body["template"], "email-verify");
        assert_eq!(body["to"], "ada@example.com");
        assert!(body["text"].as_str().unwrap().contains(body["link"].as_str().unwrap()));
        let headers = webhook.received()[0].headers.join("\n");
        for expected in ["webhook-id: msg_", "webhook-timestamp: ", "webhook-signature: v1,"] {
            assert!(headers.contains(expected), "{headers}");
        }
        follow(&server, &body).await;
    }

    async fn a_service_that_refuses_is_an_error_that_the_log_tells_without_the_mail(database) {
        let refusing = WebService::start(|request| (422, request.body.clone())).await;
        for with_service in [with_postmark, with_webhook] {
            let server = with_service(sending(&database), &refusing).start().await;

            let body = json!({ "email": "eve@example.com" });
            let answer = server.post("/signin/passwordless/email", &body).await;

            answer.expect_error(500, "internal-server-error", "Internal server error");
            server.printed("answered with status 422").await;
            let log = server.output();
            for secret in ["passwordlessEmail:", "eve@example.com", "postmark-token", KEY] {
                assert!(!log.contains(secret), "{log}");
            }
        }
    }
}

#[tokio::test]
async fn a_preview_says_that_postmark_has_words_of_its_own() {
    let postmark = service(200).await;
    let builder = with_postmark(sending(&Database::sqlite()), &postmark);

    let preview = builder
        .command()
        .args(["email", "preview", "email-verify"])
        .output();
    let preview = preview.await.unwrap();

    assert!(preview.status.success(), "{preview:?}");
    let warning = String::from_utf8(preview.stderr).unwrap();
    assert!(
        warning.contains("Postmark has words of its own"),
        "{warning}"
    );
    assert_eq!(postmark.received().len(), 0);
}

#[tokio::test]
async fn a_test_mail_is_sent_over_http_too() {
    let (accepting, refusing) = (service(200).await, service(500).await);
    let line = ["email", "send-test", "operator@example.com"];
    for with_service in [with_postmark, with_webhook] {
        let sent = with_service(sending(&Database::sqlite()), &accepting);
        let not_sent = with_service(sending(&Database::sqlite()), &refusing);

        let sent = sent.command().args(line).output().await.unwrap();
        let not_sent = not_sent.command().args(line).output().await.unwrap();

        assert!(sent.status.success(), "{sent:?}");
        assert!(!not_sent.status.success(), "{not_sent:?}");
        let said = String::from_utf8(not_sent.stderr).unwrap();
        assert!(said.contains("answered with status 500"), "{said}");
    }
}
