//! The requests to Postmark.

use auth_domain::{ports::Mailer, user::EmailAddress};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{LINK, TICKET, TOKEN, egress, mail, postmark, whole_story};

async fn answering(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = Mock::given(any()).respond_with(ResponseTemplate::new(status));
    answer.mount(&server).await;
    server
}

#[tokio::test]
async fn postmark_is_given_the_data_and_words_the_mail_itself() {
    let server = answering(200).await;

    postmark(&server.uri(), egress())
        .send(mail())
        .await
        .unwrap();

    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (request.method.as_str(), request.url.path()),
        ("POST", "/email/withTemplate")
    );
    assert_eq!(request.headers["x-postmark-server-token"], TOKEN);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(
        request.body_json::<Value>().unwrap(),
        json!({
            "TemplateAlias": "fr.signin-passwordless",
            "TemplateModel": {
                "link": LINK,
                "displayName": "Ada \"Lovelace\"",
                "email": "ada@example.com",
                "newEmail": "",
                "ticket": TICKET,
            "code": "314159",
            "codeNotice": "Au lieu de suivre le lien, vous pouvez saisir ce code : 314159",
                "redirectTo": "https://app.example.com/x?y=1&z",
                "locale": "fr",
                "serverUrl": "https://auth.example.com",
                "clientUrl": "https://app.example.com",
            },
            "From": "Acme <hello@example.com>",
            "To": "ada@example.com",
            "Headers": [{ "Name": "Auto-Submitted", "Value": "auto-generated" }],
        })
    );
}

#[tokio::test]
async fn an_address_of_the_api_may_have_a_path() {
    let server = answering(200).await;

    for base in ["/eu", "/eu/"] {
        let mailer = postmark(&format!("{}{base}", server.uri()), egress());
        mailer.send(mail()).await.unwrap();
    }

    for request in server.received_requests().await.unwrap() {
        assert_eq!(request.url.path(), "/eu/email/withTemplate");
    }
}

#[tokio::test]
async fn only_200_means_that_postmark_takes_care_of_a_mail() {
    for status in [201, 202, 401, 406, 422, 500] {
        let server = answering(status).await;

        let sent = postmark(&server.uri(), egress()).send(mail()).await;

        let story = whole_story(&sent.unwrap_err());
        let expected = format!("Postmark answered with status {status}");
        assert!(story.contains(&expected), "{story}");
    }
}

#[tokio::test]
async fn an_old_address_that_reads_as_two_gets_no_mail() {
    let server = answering(200).await;
    let mut mail = mail();
    mail.to = EmailAddress::from_stored("ada@example.com,eve@example.com".to_owned());

    let sent = postmark(&server.uri(), egress()).send(mail).await;

    assert!(whole_story(&sent.unwrap_err()).contains("not an e-mail address"));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_debug_form_shows_the_token() {
    let mailer = postmark("https://api.postmarkapp.com", egress());

    assert!(!format!("{mailer:?}").contains(TOKEN));
}
