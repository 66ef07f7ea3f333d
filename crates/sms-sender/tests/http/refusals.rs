//! Services that do not take a message.

use auth_domain::ports::SmsSender;
use egress::{Egress, EgressRules};
use tokio::net::TcpListener;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{CODE, NUMBER, TOKEN, egress, message, senders, whole_story};

/// The error of sending one message, in all its forms.
async fn refusal(sender: &dyn SmsSender) -> String {
    whole_story(&sender.send(message()).await.unwrap_err())
}

#[tokio::test]
async fn an_error_tells_nothing_that_the_service_repeats() {
    let server = MockServer::start().await;
    let words = format!("no {NUMBER} {CODE} {TOKEN}");
    let answer = ResponseTemplate::new(422).set_body_string(words);
    Mock::given(any()).respond_with(answer).mount(&server).await;

    for sender in senders(&server.uri(), &egress()) {
        let refusal = refusal(sender.as_ref()).await;

        assert!(refusal.contains("422"), "{refusal}");
        for secret in [NUMBER, "41790000001", CODE, TOKEN] {
            assert!(!refusal.contains(secret), "{refusal}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start().await;
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    Mock::given(any()).respond_with(answer).mount(&server).await;

    for sender in senders(&server.uri(), &egress()) {
        let refusal = refusal(sender.as_ref()).await;

        assert!(refusal.contains("307"), "{refusal}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_is_gone_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    for sender in senders(&url, &egress()) {
        let refusal = refusal(sender.as_ref()).await;

        assert!(refusal.contains("did not answer"), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());

    for (sender, patience) in senders(&url, &egress()).into_iter().zip([10, 30, 3, 3]) {
        let begun = tokio::time::Instant::now();

        let refusal = refusal(sender.as_ref()).await;

        assert!(refusal.contains("no complete reply in time"), "{refusal}");
        let waited = begun.elapsed().as_secs();
        assert!((patience - 1..=patience).contains(&waited), "{waited} s");
    }
}

#[tokio::test]
async fn a_service_on_a_private_address_is_not_asked_unless_allowed() {
    let server = MockServer::start().await;
    let rules = EgressRules::default();

    for sender in senders(&server.uri(), &Egress::new(rules).unwrap()) {
        refusal(sender.as_ref()).await;
    }

    assert!(server.received_requests().await.unwrap().is_empty());
}
