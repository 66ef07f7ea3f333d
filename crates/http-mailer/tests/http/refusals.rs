//! Services that do not take a mail.

use auth_domain::ports::Mailer;
use egress::{Egress, EgressRules};
use tokio::net::TcpListener;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{KEY, LINK, TICKET, TOKEN, egress, mail, postmark, webhook, whole_story};

/// Both mailers, with a service at `url`.
fn mailers(url: &str, egress: &Egress) -> [Box<dyn Mailer>; 2] {
    [
        Box::new(postmark(url, egress.clone())),
        Box::new(webhook(url, egress.clone())),
    ]
}

/// The error of sending one mail, in all its forms.
async fn refusal(mailer: &dyn Mailer) -> String {
    whole_story(&mailer.send(mail()).await.unwrap_err())
}

#[tokio::test]
async fn an_error_tells_nothing_that_the_service_repeats() {
    let server = MockServer::start().await;
    let words = format!("no {LINK} {TICKET} {TOKEN} {KEY} ada@example.com");
    let answer = ResponseTemplate::new(422).set_body_string(words);
    Mock::given(any()).respond_with(answer).mount(&server).await;

    for mailer in mailers(&server.uri(), &egress()) {
        let refusal = refusal(mailer.as_ref()).await;

        assert!(refusal.contains("422"), "{refusal}");
        for secret in [LINK, TICKET, TOKEN, KEY, "ada@example.com"] {
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

    for mailer in mailers(&server.uri(), &egress()) {
        let refusal = refusal(mailer.as_ref()).await;

        assert!(refusal.contains("307"), "{refusal}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_is_gone_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    for mailer in mailers(&url, &egress()) {
        let refusal = refusal(mailer.as_ref()).await;

        assert!(refusal.contains("did not answer"), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());

    for mailer in mailers(&url, &egress()) {
        let begun = tokio::time::Instant::now();

        let refusal = refusal(mailer.as_ref()).await;

        assert!(refusal.contains("no complete reply in time"), "{refusal}");
        let waited = begun.elapsed().as_secs();
        assert!((9..=10).contains(&waited), "{waited} s");
    }
}

#[tokio::test]
async fn a_service_on_a_private_address_is_not_asked_unless_allowed() {
    let server = MockServer::start().await;
    let rules = EgressRules {
        allowed_hosts: Vec::new(),
    };

    for mailer in mailers(&server.uri(), &Egress::new(rules).unwrap()) {
        refusal(mailer.as_ref()).await;
    }

    assert!(server.received_requests().await.unwrap().is_empty());
}
