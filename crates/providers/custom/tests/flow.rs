//! Services that an operator defined, faked on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use auth_domain::{
    identity::ExternalIdentity,
    ports::{Clock, IdTokenError, IdTokenVerifier, Provider, ProviderError},
    secret::Secret,
    testing::FixedClock,
};
use egress::EgressError;
use provider_custom::{Definition, Described, provider};
use provider_kit::testing::{
    ACCESS_TOKEN, CODE, Service, Signer, authorization_request, authorization_response, egress,
    form_of, proof,
};
use serde_json::{Value, json};

struct World {
    service: Service,
    signer: Signer,
    clock: Arc<FixedClock>,
    provider: Arc<dyn Provider>,
    id_tokens: Option<Arc<dyn IdTokenVerifier>>,
}

impl World {
    async fn new(describe: impl Fn(&Service) -> Value) -> Self {
        let service = Service::start().await;
        let definitions = json!({ "it-self": describe(&service) });
        let definitions = Definition::parse_all(serde_json::from_value(definitions).unwrap());
        let definition = definitions.unwrap().remove(0);
        let clock = Arc::new(FixedClock::default());
        let Described {
            provider,
            id_tokens,
        } = provider(definition, egress(), Arc::clone(&clock) as _);
        let world = Self {
            provider,
            id_tokens,
            signer: Signer::new("a-key"),
            service,
            clock,
        };
        world.service.gets("/keys", &world.signer.set());
        let tokens = json!({ "access_token": ACCESS_TOKEN });
        world.service.posts("/token", 200, &tokens);
        world
    }

    async fn oidc() -> Self {
        let world = Self::new(|service| {
            json!({
                "type": "oidc",
                "clientId": "an-id",
                "clientSecret": "hunter2-secret",
                "issuer": service.url("/realm").as_str(),
            })
        })
        .await;
        world.describes_itself(&json!({}));
        world
    }

    async fn oauth2(claims: Value) -> Self {
        Self::new(|service| {
            json!({
                "type": "oauth2",
                "clientId": "an-id",
                "clientSecret": "hunter2-secret",
                "authorizationUrl": service.url("/authorize").as_str(),
                "tokenUrl": service.url("/token").as_str(),
                "userinfoUrl": service.url("/me").as_str(),
                "scopes": ["read"],
                "claims": claims,
            })
        })
        .await
    }

    fn describes_itself(&self, changes: &Value) {
        let url = |path: &str| self.service.url(path).to_string();
        let mut document = json!({
            "issuer": url("/realm"),
            "authorization_endpoint": url("/authorize"),
            "token_endpoint": url("/token"),
            "jwks_uri": url("/keys"),
            "userinfo_endpoint": url("/me"),
        });
        let members = document.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        self.service
            .gets("/realm/.well-known/openid-configuration", &document);
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": self.service.url("/realm").as_str(),
            "aud": "an-id",
            "sub": "4711",
            "iat": now,
            "exp": now + 600,
            "nonce": "hunter2-nonce",
            "email": "ada@example.com",
            "email_verified": true,
            "name": "Ada Lovelace",
        })
    }

    async fn identify(&self, claims: &Value) -> Result<ExternalIdentity, ProviderError> {
        let token = self.signer.sign(claims);
        let tokens = json!({ "access_token": ACCESS_TOKEN, "id_token": token });
        self.service.posts("/token", 200, &tokens);
        self.answered().await
    }

    async fn answered(&self) -> Result<ExternalIdentity, ProviderError> {
        self.provider
            .identify(&authorization_response(&[("code", CODE)]))
            .await
    }

    async fn sent_to(&self) -> BTreeMap<String, String> {
        let url = self
            .provider
            .authorize(&authorization_request())
            .await
            .unwrap();
        assert_eq!(url.path(), "/authorize");
        url.query_pairs().into_owned().collect()
    }
}

#[tokio::test]
async fn openid_connect_is_asked_with_pkce_and_a_nonce() {
    let world = World::oidc().await;

    let sent_to = world.sent_to().await;

    assert_eq!(world.provider.id().as_str(), "c:it-self");
    assert_eq!(sent_to["scope"], "openid email profile");
    assert_eq!(sent_to["nonce"], "hunter2-nonce");
    assert_eq!(sent_to["response_type"], "code");
    assert_eq!(
        sent_to["code_challenge"],
        proof().verifier.challenge().as_str()
    );
    assert_eq!(sent_to["code_challenge_method"], "S256");
}

#[tokio::test]
async fn the_id_token_identifies_the_user() {
    let world = World::oidc().await;

    let identity = world.identify(&world.claims()).await.unwrap();

    assert_eq!(identity.subject.as_str(), "4711");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    let lines = world.service.lines().await;
    assert_eq!(
        lines,
        [
            "GET /realm/.well-known/openid-configuration",
            "POST /token",
            "GET /keys"
        ]
    );
    let exchange = &world.service.received().await[1];
    assert!(
        exchange.headers["authorization"]
            .to_str()
            .unwrap()
            .starts_with("Basic ")
    );
    let form: BTreeMap<_, _> = form_of(exchange).into_iter().collect();
    assert_eq!(form["code_verifier"], proof().verifier.expose());
    assert!(!form.contains_key("client_secret"));
}

#[tokio::test]
async fn a_token_that_is_not_the_answer_to_the_question_is_refused() {
    let world = World::oidc().await;
    for (name, value) in [
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("aud", json!("another")),
        ("iss", json!("https://evil.example.com")),
        ("sub", json!("")),
    ] {
        let mut claims = world.claims();
        claims[name] = value;

        let refused = world.identify(&claims).await.unwrap_err();

        assert!(
            matches!(refused, ProviderError::ProfileFailed(_)),
            "{claims}"
        );
    }
    world
        .service
        .posts("/token", 200, &json!({ "access_token": ACCESS_TOKEN }));
    assert!(matches!(
        world.answered().await,
        Err(ProviderError::ProfileFailed(_))
    ));
}

#[tokio::test]
async fn an_address_that_the_token_leaves_out_is_asked_for() {
    let world = World::oidc().await;
    let mut claims = world.claims();
    claims.as_object_mut().unwrap().remove("email");
    let told = |subject: &str| json!({ "sub": subject, "email": "told@example.com", "email_verified": "true" });
    world.service.gets("/me", &told("4711"));

    let identity = world.identify(&claims).await.unwrap();

    assert_eq!(identity.email.unwrap().as_str(), "told@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    for about_another in [told("4712"), json!({ "email": "told@example.com" })] {
        world.service.gets("/me", &about_another);
        let refused = world.identify(&claims).await.unwrap_err();
        assert!(matches!(refused, ProviderError::ProfileFailed(_)));
    }
}

/// The flag of the token is about the token's address, not about another.
#[tokio::test]
async fn an_address_that_was_asked_for_is_verified_by_that_answer_alone() {
    let world = World::oidc().await;
    let mut claims = world.claims();
    claims.as_object_mut().unwrap().remove("email");
    world.service.gets(
        "/me",
        &json!({ "sub": "4711", "email": "told@example.com" }),
    );

    let identity = world.identify(&claims).await.unwrap();

    assert!(identity.email.is_some());
    assert_ne!(identity.email_verified, Some(true));
}

#[tokio::test]
async fn an_address_is_verified_only_if_the_token_says_so() {
    let world = World::oidc().await;
    for value in [json!(false), json!("false"), json!(null), json!(1)] {
        let mut claims = world.claims();
        claims["email_verified"] = value.clone();

        let identity = world.identify(&claims).await.unwrap();

        assert_ne!(identity.email_verified, Some(true), "{value}");
    }
}

#[tokio::test]
async fn a_service_that_calls_itself_otherwise_is_not_believed() {
    let world = World::oidc().await;
    let url = world.service.url("/realm/").to_string();
    for changes in [
        json!({ "issuer": "https://evil.example.com" }),
        json!({ "issuer": url }),
        json!({ "issuer": null }),
        json!({ "authorization_endpoint": null }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "token_endpoint": null }),
        json!({ "jwks_uri": "nonsense" }),
    ] {
        world.describes_itself(&changes);

        let sent = world.provider.authorize(&authorization_request()).await;

        assert!(
            matches!(sent, Err(ProviderError::Unavailable(_))),
            "{changes}"
        );
        let answered = world.answered().await;
        assert!(
            matches!(answered, Err(ProviderError::CodeRefused(_))),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn a_service_describes_itself_once_an_hour() {
    let world = World::oidc().await;
    for _ in 0..3 {
        world.sent_to().await;
    }
    assert_eq!(world.service.lines().await.len(), 1);

    world.clock.advance(Duration::from_hours(1));
    world.sent_to().await;

    assert_eq!(world.service.lines().await.len(), 2);
}

/// Server-side request forgery: a discovery document cannot redirect requests to private addresses.
#[tokio::test]
async fn a_description_leads_nowhere_private() {
    let world = World::oidc().await;
    for url in [
        "http://169.254.169.254/token",
        "https://10.0.0.1/token",
        "http://example.com/",
    ] {
        for member in ["token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            world.clock.advance(Duration::from_hours(2));
            world.describes_itself(&json!({ member: url }));
            let mut claims = world.claims();
            claims.as_object_mut().unwrap().remove("email");

            let refused = world.identify(&claims).await.unwrap_err();

            assert!(is_guarded(&refused), "{member}: {url}: {refused:?}");
        }
    }
}

/// Whether a request was refused before it was sent.
fn is_guarded(error: &(dyn std::error::Error + 'static)) -> bool {
    let guarded = error.downcast_ref::<EgressError>().is_some_and(|it| {
        matches!(
            it,
            EgressError::PrivateAddress(_) | EgressError::WithoutTls(_)
        )
    });
    guarded || error.source().is_some_and(is_guarded)
}

#[tokio::test]
async fn a_service_that_takes_no_header_gets_the_secret_in_the_form() {
    let world = World::oidc().await;
    let methods = json!(["client_secret_post", "private_key_jwt"]);
    world.describes_itself(&json!({ "token_endpoint_auth_methods_supported": methods }));

    world.identify(&world.claims()).await.unwrap();

    let exchange = &world.service.received().await[1];
    let form: BTreeMap<_, _> = form_of(exchange).into_iter().collect();
    assert_eq!(form["client_secret"], "hunter2-secret");
    assert!(!exchange.headers.contains_key("authorization"));
}

#[tokio::test]
async fn an_oauth2_service_is_read_as_the_operator_says() {
    let claims = json!({
        "id": "user.id",
        "email": "user.mail",
        "emailVerified": "user.mail_ok",
        "name": "user.display",
        "picture": "user.images",
    });
    let world = World::oauth2(claims).await;
    let profile = json!({ "user": {
        "id": 4711,
        "mail": "ada@example.com",
        "mail_ok": true,
        "display": "Ada Lovelace",
        "images": ["not a text"],
    } });
    world.service.gets("/me", &profile);

    let identity = world.answered().await.unwrap();

    assert_eq!(identity.subject.as_str(), "4711");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(identity.avatar, None);
    let sent_to = world.sent_to().await;
    assert_eq!(sent_to["scope"], "read");
    assert!(sent_to.contains_key("code_challenge"));
    assert!(!sent_to.contains_key("nonce"));
}

#[tokio::test]
async fn an_address_is_verified_only_where_the_operator_says_who_says_so() {
    let world = World::oauth2(json!({})).await;
    let profile = json!({
        "sub": "4711",
        "email": "ada@example.com",
        "email_verified": true,
        "emailVerified": true,
    });
    world.service.gets("/me", &profile);

    let identity = world.answered().await.unwrap();

    assert!(identity.email.is_some());
    assert_ne!(identity.email_verified, Some(true));
}

#[tokio::test]
async fn a_profile_without_an_id_is_refused() {
    let world = World::oauth2(json!({ "id": "user.id" })).await;
    for profile in [
        json!({}),
        json!([]),
        json!({ "user": 7 }),
        json!({ "user": { "id": "" } }),
    ] {
        world.service.gets("/me", &profile);

        let refused = world.answered().await.unwrap_err();

        assert!(
            matches!(refused, ProviderError::ProfileFailed(_)),
            "{profile}"
        );
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn apps_may_bring_id_tokens_of_openid_connect_and_of_nothing_else() {
    let world = World::oidc().await;
    let verifier = world.id_tokens.clone().unwrap();
    let verify = async |claims: &Value| {
        let token = Secret::new(world.signer.sign(claims));
        verifier.verify(&token, None).await
    };
    let mut claims = world.claims();
    claims.as_object_mut().unwrap().remove("nonce");

    let identity = verify(&claims).await.unwrap();

    assert_eq!(identity.subject.as_str(), "4711");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    for (member, wrong) in [
        ("aud", json!("another-app")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(1)),
        ("nonce", json!("of a sign-in in a browser")),
    ] {
        let mut claims = claims.clone();
        claims[member] = wrong;
        let refused = verify(&claims).await;
        assert!(
            matches!(refused, Err(IdTokenError::Invalid)),
            "{member}: {refused:?}"
        );
    }
    assert!(World::oauth2(json!({})).await.id_tokens.is_none());
}

#[tokio::test]
async fn id_tokens_of_a_service_that_does_not_describe_itself_are_not_judged() {
    let world = World::oidc().await;
    world.describes_itself(&json!({ "issuer": "https://another.example" }));
    let token = Secret::new(world.signer.sign(&world.claims()));

    let refused = world.id_tokens.unwrap().verify(&token, None).await;

    assert!(
        matches!(refused, Err(IdTokenError::Unavailable(_))),
        "{refused:?}"
    );
}
