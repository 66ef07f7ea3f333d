//! The requests to services.

use auth_domain::ports::SmsSender;
use serde_json::json;
use sms_sender::ContentType;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::support::{TOKEN, egress, message, modica, number, twilio, webhook};

/// `AC1` and the token as Basic authentication has them.
const TWILIO_ACCOUNT: &str = "Basic QUMxOnNlcnZpY2UtdG9rZW4tMTIzNA==";
/// The same of `acme`.
const MODICA_ACCOUNT: &str = "Basic YWNtZTpzZXJ2aWNlLXRva2VuLTEyMzQ=";

async fn answering(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

#[tokio::test]
async fn twilio_is_sent_a_form_in_the_name_of_the_account() {
    for (from, field) in [
        ("MG1", "MessagingServiceSid=MG1"),
        ("+1555", "From=%2B1555"),
    ] {
        let server = answering(201).await;

        let sender = twilio(&server.uri(), from, egress());
        sender.send(message()).await.unwrap();

        let request = only_request(&server).await;
        assert_eq!(request.method, "POST");
        assert_eq!(request.url.path(), "/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(header(&request, "authorization"), TWILIO_ACCOUNT);
        let kind = header(&request, "content-type");
        assert_eq!(kind, "application/x-www-form-urlencoded");
        let words = "Body=Votre+code+de+connexion+est+314159.";
        assert_eq!(body(&request), format!("To=%2B41790000001&{field}&{words}"));
    }
}

#[tokio::test]
async fn modica_is_sent_json_and_international_numbers_alone() {
    let server = answering(202).await;
    let sender = modica(&server.uri(), egress());

    sender.send(message()).await.unwrap();
    let mut national = message();
    national.to = number("0790000001");
    assert!(sender.send(national).await.is_err());

    let request = only_request(&server).await;
    assert_eq!(request.url.path(), "/rest/sms/v2/messages");
    assert_eq!(header(&request, "authorization"), MODICA_ACCOUNT);
    assert_eq!(
        request.body_json::<serde_json::Value>().unwrap(),
        json!({
            "destination": "+41790000001",
            "content": "Votre code de connexion est 314159.",
        })
    );
}

#[tokio::test]
async fn a_web_hook_is_sent_the_filled_in_template_and_its_headers() {
    let (json, form) = (answering(204).await, answering(200).await);
    let mut hostile = message();
    hostile.to = number("\",\"x\":\"${body}&a=b");

    for (server, content_type) in [(&json, ContentType::Json), (&form, ContentType::Form)] {
        let url = format!("{}/hook?key=1", server.uri());
        let sender = webhook(&url, content_type, egress());
        sender.send(hostile.clone()).await.unwrap();
    }

    let request = only_request(&json).await;
    assert_eq!(request.url.query(), Some("key=1"));
    assert_eq!(header(&request, "x-api-key"), TOKEN);
    assert_eq!(header(&request, "content-type"), "application/json");
    assert_eq!(
        request.body_json::<serde_json::Value>().unwrap(),
        json!({
            "m": { "to": ["\",\"x\":\"${body}&a=b"] },
            "text": "Votre code de connexion est 314159.",
        })
    );
    let request = only_request(&form).await;
    let kind = header(&request, "content-type");
    assert_eq!(kind, "application/x-www-form-urlencoded");
    let to = "m.to.0=%22%2C%22x%22%3A%22%24%7Bbody%7D%26a%3Db";
    let text = "text=Votre+code+de+connexion+est+314159.";
    assert_eq!(body(&request), format!("{to}&{text}"));
}

#[tokio::test]
async fn only_the_status_that_means_acceptance_is_one() {
    for status in [200, 201, 202, 204, 400, 500] {
        let server = answering(status).await;
        let url = server.uri();

        let by_twilio = twilio(&url, "MG1", egress()).send(message()).await;
        let by_modica = modica(&url, egress()).send(message()).await;
        let by_hook = webhook(&url, ContentType::Json, egress())
            .send(message())
            .await;

        assert_eq!(by_twilio.is_ok(), status == 201, "{status}");
        assert_eq!(by_modica.is_ok(), status == 202, "{status}");
        assert_eq!(by_hook.is_ok(), (200..300).contains(&status), "{status}");
    }
}
