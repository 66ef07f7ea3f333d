//! The whole flow, against a service on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, sync::Arc};

use auth_domain::{
    identity::ExternalIdentity,
    ports::{Provider, ProviderError},
    secret::Secret,
    testing::{FixedClock, SequentialIds},
};
use provider_kit::testing::{Service, authorization_request, authorization_response, egress};
use provider_twitter::{Twitter, TwitterRegistration};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

struct World {
    service: Service,
    twitter: Twitter,
}

const REQUEST_TOKEN: &str =
    "oauth_token=a-request&oauth_token_secret=hunter2-request&oauth_callback_confirmed=true";
const ACCESS_TOKEN: &str = "oauth_token=the-token&oauth_token_secret=hunter2-token&user_id=4711";

impl World {
    async fn new() -> Self {
        let service = Service::start().await;
        let mut profile_url = service.url("/profile");
        profile_url.set_query(Some("include_email=true"));
        let registration = TwitterRegistration {
            consumer_key: "a-key".to_owned(),
            consumer_secret: Secret::new("hunter2-secret"),
            request_token_url: service.url("/request"),
            authorization_url: service.url("/authorize"),
            access_token_url: service.url("/access"),
            profile_url,
        };
        let clock = Arc::new(FixedClock::default());
        let ids = Arc::new(SequentialIds::default());
        let world = Self {
            twitter: Twitter::new(registration, egress(), clock, ids),
            service,
        };
        world.gives("/request", 200, REQUEST_TOKEN);
        world.gives("/access", 200, ACCESS_TOKEN);
        world.service.gets("/profile", &ada());
        world
    }

    fn gives(&self, path: &str, status: u16, form: &str) {
        let answer = ResponseTemplate::new(status).set_body_string(form);
        self.service.answers("POST", path, answer);
    }

    async fn identify(&self) -> Result<ExternalIdentity, ProviderError> {
        let parameters = [
            ("oauth_token", "a-request"),
            ("oauth_verifier", "hunter2-verifier"),
        ];
        self.twitter
            .identify(&authorization_response(&parameters))
            .await
    }
}

fn ada() -> Value {
    json!({
        "id": 4711,
        "id_str": "4711",
        "name": "Ada Lovelace",
        "screen_name": "ada",
        "profile_image_url_https": "https://pbs.example.com/ada.png",
        "email": "ada@example.com",
    })
}

/// The parameters in the header `Authorization`.
fn signed_parameters(request: &Request) -> BTreeMap<String, String> {
    let header = request.headers.get("authorization").unwrap();
    let header = header.to_str().unwrap();
    let fields = header.strip_prefix("OAuth ").unwrap().split(", ");
    fields
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap();
            let value = value.trim_matches('"');
            let decoded = url::form_urlencoded::parse(value.as_bytes()).next();
            let decoded = decoded.map(|(text, _)| text.into_owned());
            (name.to_owned(), decoded.unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn a_sign_in_begins_with_a_token_and_takes_the_state_along() {
    let world = World::new().await;

    let sent_to = world
        .twitter
        .authorize(&authorization_request())
        .await
        .unwrap();

    assert_eq!(sent_to, {
        let mut url = world.service.url("/authorize");
        url.set_query(Some("oauth_token=a-request"));
        url
    });
    let received = world.service.received().await;
    let parameters = signed_parameters(&received[0]);
    assert_eq!(
        parameters["oauth_callback"],
        "https://auth.example.com/signin/provider/it/callback?state=a+state"
    );
    assert_eq!(parameters["oauth_consumer_key"], "a-key");
    assert_eq!(parameters["oauth_signature_method"], "HMAC-SHA1");
    assert_eq!(parameters["oauth_version"], "1.0");
    assert_eq!(parameters["oauth_timestamp"], "1767225600");
    assert!(parameters.contains_key("oauth_signature"));
    assert!(!format!("{parameters:?}").contains("hunter2"));
}

#[tokio::test]
async fn the_person_is_who_the_profile_says() {
    let world = World::new().await;

    let identity = world.identify().await.unwrap();

    assert_eq!(identity.subject.as_str(), "4711");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(
        identity.avatar.unwrap().as_str(),
        "https://pbs.example.com/ada.png"
    );
    assert_eq!(
        world.service.lines().await,
        ["POST /access", "GET /profile"]
    );
    let received = world.service.received().await;
    let exchange = signed_parameters(&received[0]);
    assert_eq!(exchange["oauth_token"], "a-request");
    assert_eq!(exchange["oauth_verifier"], "hunter2-verifier");
    let profile = signed_parameters(&received[1]);
    assert_eq!(profile["oauth_token"], "the-token");
    assert_eq!(received[1].url.query(), Some("include_email=true"));
    assert_ne!(exchange["oauth_nonce"], profile["oauth_nonce"]);
}

#[tokio::test]
async fn an_address_that_is_not_there_is_not_verified() {
    let world = World::new().await;
    for email in [json!(null), json!(""), json!("nonsense")] {
        let mut profile = ada();
        profile["email"] = email;
        world.service.gets("/profile", &profile);

        let identity = world.identify().await.unwrap();

        assert_eq!(identity.email, None);
        assert_ne!(identity.email_verified, Some(true));
    }
}

#[tokio::test]
async fn a_sign_in_does_not_begin_without_a_confirmed_token() {
    let world = World::new().await;
    for (status, reply) in [
        (200, "oauth_token=a&oauth_token_secret=hunter2"),
        (
            200,
            "oauth_token=a&oauth_token_secret=hunter2&oauth_callback_confirmed=false",
        ),
        (
            200,
            "oauth_token_secret=hunter2&oauth_callback_confirmed=true",
        ),
        (200, ""),
        (401, REQUEST_TOKEN),
    ] {
        world.gives("/request", status, reply);

        let refused = world
            .twitter
            .authorize(&authorization_request())
            .await
            .unwrap_err();

        assert!(matches!(refused, ProviderError::Unavailable(_)));
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
    }
}

#[tokio::test]
async fn whatever_fails_later_is_a_failed_profile() {
    let world = World::new().await;
    for parameters in [
        &[][..],
        &[("oauth_token", "a-request")],
        &[("oauth_verifier", "x")],
    ] {
        let refused = world
            .twitter
            .identify(&authorization_response(parameters))
            .await;
        assert!(matches!(refused, Err(ProviderError::ProfileFailed(_))));
    }
    assert!(world.service.lines().await.is_empty());

    world.gives("/access", 401, ACCESS_TOKEN);
    assert!(matches!(
        world.identify().await,
        Err(ProviderError::ProfileFailed(_))
    ));
    world.gives("/access", 200, ACCESS_TOKEN);
    for profile in [json!({}), json!({ "id": 4711 }), json!([])] {
        world.service.gets("/profile", &profile);
        let refused = world.identify().await.unwrap_err();
        assert!(
            matches!(refused, ProviderError::ProfileFailed(_)),
            "{profile}"
        );
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}
