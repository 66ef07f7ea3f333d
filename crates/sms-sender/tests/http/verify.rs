//! Twilio Verify, which makes and checks codes.

use auth_domain::{
    one_time_code::OneTimeCode,
    ports::{PhoneVerifier, SmsError},
    user::Locale,
};
use egress::{Egress, EgressRules};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{CODE, NUMBER, TOKEN, egress, number, verify, whole_story};

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn code() -> OneTimeCode {
    OneTimeCode::parse(CODE).unwrap()
}

#[tokio::test]
async fn a_verification_is_asked_for_in_the_language_of_the_user() {
    let server = answering(ResponseTemplate::new(201)).await;
    let french = Locale::parse("fr").unwrap();

    let verify = verify(&server.uri(), egress());
    verify.start(&number(NUMBER), &french).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    // Whatever the id of the service is, it is one segment of the path.
    assert_eq!(
        requests[0].url.path(),
        "/v2/Services/VA2%2F..%2Fx/Verifications"
    );
    let account = "Basic VkExOnNlcnZpY2UtdG9rZW4tMTIzNA==";
    assert_eq!(requests[0].headers["authorization"], account);
    assert_eq!(requests[0].body, b"To=%2B41790000001&Channel=sms&Locale=fr");
}

#[tokio::test]
async fn a_code_is_right_only_if_it_is_approved() {
    for (answer, verdict) in [
        (json!({ "status": "approved", "valid": true }), Some(true)),
        (json!({ "status": "pending", "valid": false }), Some(false)),
        (json!({ "status": "canceled" }), Some(false)),
        (json!({ "status": true }), Some(false)),
        (json!(["approved"]), Some(false)),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(&answer)).await;

        let checked = verify(&server.uri(), egress())
            .check(&number(NUMBER), &code())
            .await;

        assert_eq!(checked.ok(), verdict, "{answer}");
        let requests = server.received_requests().await.unwrap();
        assert_eq!(
            requests[0].url.path(),
            "/v2/Services/VA2%2F..%2Fx/VerificationCheck"
        );
        assert_eq!(requests[0].body, b"To=%2B41790000001&Code=314159");
    }
}

#[tokio::test]
async fn a_number_without_a_code_or_with_too_many_guesses_has_no_right_one() {
    let approved = json!({ "status": "approved" });
    for status in [400, 404, 429] {
        let answer = ResponseTemplate::new(status).set_body_json(&approved);
        let server = answering(answer).await;

        let checked = verify(&server.uri(), egress())
            .check(&number(NUMBER), &code())
            .await;

        assert!(!checked.unwrap(), "{status}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_judge_is_an_error_and_no_verdict() {
    let approved = json!({ "status": "approved" });
    for answer in [
        ResponseTemplate::new(500).set_body_json(&approved),
        ResponseTemplate::new(401).set_body_json(&approved),
        ResponseTemplate::new(302)
            .insert_header("location", "https://example.com")
            .set_body_json(&approved),
        ResponseTemplate::new(200).set_body_string("approved"),
    ] {
        let server = answering(answer).await;

        let checked = verify(&server.uri(), egress())
            .check(&number(NUMBER), &code())
            .await;

        let error = checked.unwrap_err();
        assert!(matches!(error, SmsError::NotChecked(_)));
        let story = whole_story(&error);
        for secret in [NUMBER, CODE, TOKEN] {
            assert!(!story.contains(secret), "{story}");
        }
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_asked_is_an_error_of_sending_or_of_checking() {
    let nowhere = Egress::new(EgressRules::default()).unwrap();
    let verify = verify("http://127.0.0.1:9", nowhere);

    let started = verify.start(&number(NUMBER), &Locale::english()).await;
    let checked = verify.check(&number(NUMBER), &code()).await;

    // A request that the egress rules forbid is forbidden for good.
    assert!(matches!(started, Err(SmsError::Refused(_))));
    assert!(matches!(checked, Err(SmsError::NotChecked(_))));
}
