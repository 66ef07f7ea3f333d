//! The whole flow, against a service on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use auth_domain::{
    identity::ExternalIdentity,
    ports::{Clock, Provider, ProviderError},
    testing::FixedClock,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use provider_apple::{Apple, AppleRegistration, ISSUER, PrivateKey};
use provider_kit::testing::{
    ACCESS_TOKEN, CODE, Service, Signer, authorization_request, authorization_response, egress,
    form_of,
};
use serde_json::{Value, json};

struct World {
    service: Service,
    signer: Signer,
    apple: Apple,
    clock: Arc<FixedClock>,
}

impl World {
    async fn new() -> Self {
        let service = Service::start().await;
        let signer = Signer::new("apples-key");
        service.gets("/keys", &signer.set());
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            BASE64.encode(Signer::new("ours").pkcs8())
        );
        let registration = AppleRegistration {
            client_id: "com.example.auth".to_owned(),
            team_id: "TEAM47".to_owned(),
            key_id: "KEY11".to_owned(),
            private_key: PrivateKey::parse(&pem).unwrap(),
            authorization_url: service.url("/authorize"),
            token_url: service.url("/token"),
            keys_url: service.url("/keys"),
            scopes: Vec::new(),
        };
        let clock = Arc::new(FixedClock::default());
        Self {
            apple: Apple::new(registration, egress(), Arc::clone(&clock) as _),
            service,
            signer,
            clock,
        }
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": ISSUER,
            "aud": "com.example.auth",
            "sub": "001234.ada",
            "iat": now,
            "exp": now + 600,
            "nonce": "hunter2-nonce",
            "email": "ada@example.com",
            "email_verified": "true",
        })
    }

    async fn identify_with(
        &self,
        tokens: &Value,
        user: &str,
    ) -> Result<ExternalIdentity, ProviderError> {
        self.service.posts("/token", 200, tokens);
        let response = authorization_response(&[("code", CODE), ("user", user)]);
        self.apple.identify(&response).await
    }

    async fn identify(
        &self,
        claims: &Value,
        user: &str,
    ) -> Result<ExternalIdentity, ProviderError> {
        let token = self.signer.sign(claims);
        let tokens = json!({ "access_token": ACCESS_TOKEN, "id_token": token });
        self.identify_with(&tokens, user).await
    }
}

#[tokio::test]
async fn the_browser_is_sent_for_a_form_with_a_nonce() {
    let world = World::new().await;

    let sent_to = world
        .apple
        .authorize(&authorization_request())
        .await
        .unwrap();

    let actual: BTreeMap<_, _> = sent_to.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", "com.example.auth"),
        ("nonce", "hunter2-nonce"),
        (
            "redirect_uri",
            "https://auth.example.com/signin/provider/it/callback",
        ),
        ("response_mode", "form_post"),
        ("response_type", "code id_token"),
        ("scope", "name email"),
        ("state", "a state"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(actual, BTreeMap::from(expected));
    assert_eq!(world.apple.id().as_str(), "apple");
}

#[tokio::test]
async fn the_person_is_who_the_id_token_says_with_the_name_that_was_posted() {
    let world = World::new().await;
    let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"eve@example.com"}"#;

    let identity = world.identify(&world.claims(), user).await.unwrap();

    assert_eq!(identity.subject.as_str(), "001234.ada");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(identity.avatar, None);
}

#[tokio::test]
async fn the_address_stands_in_for_a_name() {
    let world = World::new().await;

    for user in [
        "",
        "nonsense",
        "[]",
        r#"{"name":null}"#,
        r#"{"name":{"firstName":7}}"#,
    ] {
        let identity = world.identify(&world.claims(), user).await.unwrap();

        assert_eq!(identity.name.as_deref(), Some("ada@example.com"), "{user}");
    }
}

#[tokio::test]
async fn this_server_proves_itself_with_a_token_that_is_good_for_minutes() {
    let world = World::new().await;
    world.identify(&world.claims(), "").await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    world.identify(&world.claims(), "").await.unwrap();

    let received = world.service.received().await;

    let forms: Vec<BTreeMap<_, _>> = received
        .iter()
        .filter(|it| it.url.path() == "/token")
        .map(|it| form_of(it).into_iter().collect())
        .collect();
    assert_eq!(forms[0]["grant_type"], "authorization_code");
    assert_eq!(forms[0]["code"], CODE);
    assert_eq!(forms[0]["client_id"], "com.example.auth");
    assert_eq!(forms[0].len(), 5);
    let part = |text: &str, index: usize| -> Value {
        let part = text.split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let proof = &forms[0]["client_secret"];
    assert_eq!(part(proof, 0), json!({ "alg": "ES256", "kid": "KEY11" }));
    let claims = part(proof, 1);
    assert_eq!(claims["iss"], "TEAM47");
    assert_eq!(claims["sub"], "com.example.auth");
    assert_eq!(claims["aud"], ISSUER);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        300
    );
    assert_ne!(proof, &forms[1]["client_secret"]);
}

#[tokio::test]
async fn an_address_is_verified_only_if_apple_says_so() {
    let world = World::new().await;

    for (value, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(null), false),
        (json!(1), false),
    ] {
        let mut claims = world.claims();
        claims["email_verified"] = value.clone();

        let identity = world.identify(&claims, "").await.unwrap();

        assert_eq!(identity.email_verified == Some(true), expected, "{value}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_the_answer_to_the_question_is_refused() {
    let world = World::new().await;
    let with = |name: &str, value: Value| {
        let mut claims = world.claims();
        claims[name] = value;
        claims
    };

    for claims in [
        with("nonce", json!("another")),
        with("nonce", json!(null)),
        with("aud", json!("com.example.other")),
        with("iss", json!("https://evil.example.com")),
        with("sub", json!("")),
        with("exp", json!(1)),
    ] {
        let refused = world.identify(&claims, "").await.unwrap_err();

        assert!(
            matches!(refused, ProviderError::ProfileFailed(_)),
            "{claims}"
        );
    }
}

#[tokio::test]
async fn a_token_of_another_key_is_refused() {
    let world = World::new().await;
    let other = Signer::new("apples-key").sign(&world.claims());

    for id_token in [json!(other), json!(null), json!("a.b.c")] {
        let tokens = json!({ "access_token": ACCESS_TOKEN, "id_token": id_token });
        let refused = world.identify_with(&tokens, "").await.unwrap_err();

        assert!(matches!(refused, ProviderError::ProfileFailed(_)));
    }
}

#[tokio::test]
async fn a_refused_code_is_a_refused_code() {
    let world = World::new().await;
    let error = json!({ "error": "invalid_client" });
    world.service.posts("/token", 400, &error);

    let refused = world
        .apple
        .identify(&authorization_response(&[("code", CODE)]))
        .await;

    let refused = refused.unwrap_err();
    assert!(matches!(refused, ProviderError::CodeRefused(_)));
    assert!(!format!("{refused:?}").contains("hunter2"));
}
