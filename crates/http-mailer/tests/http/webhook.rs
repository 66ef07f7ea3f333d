//! The requests to the operator's web hook, and their signature.

use auth_domain::ports::Mailer;
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::support::{KEY, LINK, TICKET, egress, mail, webhook, whole_story};

async fn answering(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = Mock::given(any()).respond_with(ResponseTemplate::new(status));
    answer.mount(&server).await;
    server
}

/// HMAC-SHA256 as RFC 2104 §2 writes it, for a key of at most 64 bytes.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = block.map(|byte| byte ^ 0x36);
    let outer = block.map(|byte| byte ^ 0x5c);
    let digest = Sha256::digest([&inner[..], message].concat());
    Sha256::digest([&outer[..], &digest].concat()).to_vec()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn the_receiver_is_given_the_words_and_the_data() {
    let server = answering(200).await;

    let url = format!("{}/mails?tenant=1", server.uri());
    webhook(&url, egress()).send(mail()).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    assert_eq!(requests.len(), 1);
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.path(), "/mails");
    assert_eq!(request.url.query(), Some("tenant=1"));
    assert_eq!(request.headers["content-type"], "application/json");
    let mut body: Value = request.body_json().unwrap();
    let words = body.as_object_mut().unwrap();
    assert_eq!(
        words.remove("subject").unwrap(),
        "Lien de connexion sécurisé"
    );
    let html = words.remove("html").unwrap();
    let text = words.remove("text").unwrap();
    assert!(html.as_str().unwrap().contains("Ada &quot;Lovelace&quot;"));
    assert!(text.as_str().unwrap().contains(LINK));
    assert_eq!(
        body,
        json!({
            "template": "signin-passwordless",
            "to": "ada@example.com",
            "locale": "fr",
            "displayName": "Ada \"Lovelace\"",
            "email": "ada@example.com",
            "newEmail": null,
            "ticket": TICKET,
            "code": "314159",
            "link": LINK,
            "redirectTo": "https://app.example.com/x?y=1&z",
            "serverUrl": "https://auth.example.com",
            "clientUrl": "https://app.example.com",
        })
    );
}

#[tokio::test]
async fn the_receiver_can_tell_who_sent_a_mail_and_when() {
    let server = answering(200).await;

    webhook(&server.uri(), egress()).send(mail()).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    let (id, timestamp) = (
        header(request, "webhook-id"),
        header(request, "webhook-timestamp"),
    );
    // The clock of these tests stands still at the beginning of 2026.
    assert_eq!(timestamp, "1767225600");
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &request.body].concat();
    let expected = BASE64.encode(&hmac_sha256(KEY.as_bytes(), &signed));
    assert_eq!(
        header(request, "webhook-signature"),
        format!("v1,{expected}")
    );
}

#[tokio::test]
async fn every_mail_has_an_id_of_its_own() {
    let server = answering(200).await;
    let mailer = webhook(&server.uri(), egress());

    mailer.send(mail()).await.unwrap();
    mailer.send(mail()).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let (first, second) = (&requests[0], &requests[1]);
    assert_ne!(header(first, "webhook-id"), header(second, "webhook-id"));
    assert_ne!(
        header(first, "webhook-signature"),
        header(second, "webhook-signature")
    );
}

#[tokio::test]
async fn every_status_of_success_is_one_and_no_other() {
    for status in [200, 201, 202, 204, 299] {
        let server = answering(status).await;
        webhook(&server.uri(), egress()).send(mail()).await.unwrap();
    }
    for status in [304, 400, 401, 404, 429, 500, 503] {
        let server = answering(status).await;

        let sent = webhook(&server.uri(), egress()).send(mail()).await;

        let story = whole_story(&sent.unwrap_err());
        let expected = format!("answered with status {status}");
        assert!(story.contains(&expected), "{story}");
    }
}

#[tokio::test]
async fn no_debug_form_shows_the_key() {
    let mailer = webhook("https://example.com", egress());

    assert!(!format!("{mailer:?}").contains(KEY));
}
