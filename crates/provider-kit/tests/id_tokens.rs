//! ID tokens, and what must not pass for one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{Clock, IdTokenError, IdTokenVerifier},
    secret::Secret,
    testing::FixedClock,
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    sign::Signer as RsaSigner,
};
use provider_kit::{
    IdTokenRules, IdTokens,
    testing::{Service, Signer, egress},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Made once: it takes a while.
static RSA: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());

const ISSUER: &str = "https://issuer.example.com";

struct World {
    service: Service,
    signer: Signer,
    clock: Arc<FixedClock>,
    tokens: IdTokens,
}

impl World {
    async fn new() -> Self {
        Self::with_rules(IdTokenRules {
            issuer: ISSUER.to_owned(),
            audiences: vec!["ours".to_owned(), "our-app".to_owned()],
            needs_address: true,
        })
        .await
    }

    async fn with_rules(rules: IdTokenRules) -> Self {
        let service = Service::start().await;
        let signer = Signer::new("a-key");
        service.gets("/keys", &signer.set());
        let clock = Arc::new(FixedClock::default());
        let tokens = IdTokens::new(
            ProviderId::of("it"),
            rules,
            service.url("/keys"),
            egress(),
            Arc::clone(&clock) as _,
        );
        Self {
            service,
            signer,
            clock,
            tokens,
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    fn claims(&self) -> Value {
        json!({
            "iss": ISSUER,
            "aud": "ours",
            "sub": "4711",
            "iat": self.now(),
            "exp": self.now() + 600,
            "email": "ada@example.com",
            "email_verified": true,
            "name": "Ada Lovelace",
            "picture": "https://example.com/ada.png",
        })
    }

    /// The usual claims with one changed, or without it if it is null.
    fn with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        let members = claims.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
        claims
    }

    async fn judge(&self, token: &str) -> Result<ExternalIdentity, IdTokenError> {
        self.tokens.verify(&Secret::new(token), None).await
    }

    async fn accepts(&self, claims: &Value) -> bool {
        self.judge(&self.signer.sign(claims)).await.is_ok()
    }

    async fn refuses(&self, token: &str) -> bool {
        matches!(self.judge(token).await, Err(IdTokenError::Invalid))
    }

    async fn fetches(&self) -> usize {
        self.service.received().await.len()
    }
}

fn encoded(json: &Value) -> String {
    BASE64URL_NOPAD.encode(json.to_string().as_bytes())
}

fn rsa_key() -> Value {
    let rsa = RSA.rsa().unwrap();
    json!({
        "kty": "RSA",
        "kid": "an-rsa-key",
        "n": BASE64URL_NOPAD.encode(&rsa.n().to_vec()),
        "e": BASE64URL_NOPAD.encode(&rsa.e().to_vec()),
    })
}

fn signed_with_rsa(header: &Value, claims: &Value) -> String {
    let content = format!("{}.{}", encoded(header), encoded(claims));
    let mut signer = RsaSigner::new(MessageDigest::sha256(), &RSA).unwrap();
    let signature = signer.sign_oneshot_to_vec(content.as_bytes()).unwrap();
    format!("{content}.{}", BASE64URL_NOPAD.encode(&signature))
}

#[tokio::test]
async fn a_good_token_tells_who_somebody_is() {
    let world = World::new().await;

    let identity = world
        .judge(&world.signer.sign(&world.claims()))
        .await
        .unwrap();

    assert_eq!(identity.subject.as_str(), "4711");
    assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(identity.email_verified, Some(true));
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(
        identity.avatar.unwrap().as_str(),
        "https://example.com/ada.png"
    );
    assert_eq!(world.tokens.id().as_str(), "it");
}

#[tokio::test]
async fn rsa_keys_sign_with_rs256_alone() {
    let world = World::new().await;
    world.service.gets(
        "/keys",
        &json!({ "keys": [rsa_key(), world.signer.public()] }),
    );
    let sign = |algorithm: &str| {
        let header = json!({ "alg": algorithm, "kid": "an-rsa-key" });
        signed_with_rsa(&header, &world.claims())
    };

    assert!(world.judge(&sign("RS256")).await.is_ok());
    for algorithm in ["RS384", "PS256", "ES256", "HS256", "none", "rs256", ""] {
        assert!(world.refuses(&sign(algorithm)).await, "{algorithm}");
    }
}

#[tokio::test]
async fn a_key_is_used_as_it_was_published_or_not_at_all() {
    let with = |name: &str, value: Value| {
        let mut key = rsa_key();
        key[name] = value;
        key
    };
    for key in [
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("kty", json!("oct")),
        with("kid", json!("another")),
        with("n", json!("AQAB")),
        with("e", json!("")),
        with("n", json!("not base64!")),
        with("n", json!(7)),
    ] {
        let world = World::new().await;
        world
            .service
            .gets("/keys", &json!({ "keys": [key, "nonsense", 7, {}] }));
        let header = json!({ "alg": "RS256", "kid": "an-rsa-key" });

        let token = signed_with_rsa(&header, &world.claims());

        assert!(world.refuses(&token).await, "{key}");
    }
}

#[tokio::test]
async fn a_token_without_a_signature_proves_nothing() {
    let world = World::new().await;
    let claims = encoded(&world.claims());
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "ES256", "kid": "a-key" }),
    ] {
        for signature in ["", "AAAA"] {
            let token = format!("{}.{claims}.{signature}", encoded(&header));
            assert!(world.refuses(&token).await, "{token}");
        }
    }
}

/// Algorithm confusion: HS256 with the public key as the secret.
#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let world = World::new().await;
    world.service.gets("/keys", &json!({ "keys": [rsa_key()] }));
    let public = RSA.public_key_to_pem().unwrap();
    let secret = PKey::hmac(&public).unwrap();
    let header = json!({ "alg": "HS256", "kid": "an-rsa-key" });
    let content = format!("{}.{}", encoded(&header), encoded(&world.claims()));
    let mut signer = RsaSigner::new(MessageDigest::sha256(), &secret).unwrap();
    let mac = signer.sign_oneshot_to_vec(content.as_bytes()).unwrap();

    let token = format!("{content}.{}", BASE64URL_NOPAD.encode(&mac));

    assert!(world.refuses(&token).await);
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = encoded(&world.with("sub", json!("4712")));

    assert!(
        world
            .refuses(&format!("{header}.{other}.{signature}"))
            .await
    );
    assert!(world.refuses(&format!("{token}A")).await);
    assert!(world.refuses(&format!("{token}=")).await);
    assert!(
        world
            .refuses(&Signer::new("a-key").sign(&world.claims()))
            .await
    );
}

/// The provider's key signs more than ID tokens (token confusion).
#[tokio::test]
async fn a_token_of_another_kind_is_no_id_token() {
    let world = World::new().await;
    let typed = |typ: Value| {
        let header = json!({ "alg": "ES256", "kid": "a-key", "typ": typ });
        world.signer.sign_with_header(&header, &world.claims())
    };

    for typ in ["JWT", "jwt", "application/jwt", "ID"] {
        assert!(world.judge(&typed(json!(typ))).await.is_ok(), "{typ}");
    }
    for typ in [
        json!("at+jwt"),
        json!("AT+JWT"),
        json!("application/at+jwt"),
        json!("logout+jwt"),
        json!("secevent+jwt"),
        json!(["JWT"]),
    ] {
        assert!(world.refuses(&typed(typ.clone())).await, "{typ}");
    }
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    assert!(!world.accepts(&world.with("events", event)).await);
}

#[tokio::test]
async fn a_token_cannot_bring_its_own_key_or_rules() {
    let world = World::new().await;
    let own = Signer::new("own");
    for (name, value) in [
        ("jwk", own.public()),
        ("jku", json!("https://evil.example.com/keys")),
        ("x5u", json!("https://evil.example.com/certificate")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!("b64")),
    ] {
        let mut header = json!({ "alg": "ES256", "kid": "a-key" });
        header[name] = value;

        for signer in [&own, &world.signer] {
            let token = signer.sign_with_header(&header, &world.claims());
            assert!(world.refuses(&token).await, "{header}");
        }
    }
}

#[tokio::test]
async fn texts_that_are_no_tokens_are_refused_without_a_request() {
    let world = World::new().await;
    let long = "x".repeat(20_000);
    let mut claims = world.claims();
    claims["filler"] = json!(long);
    for token in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30.e30",
        "\u{e9}.\u{e9}.\u{e9}",
        long.as_str(),
        world.signer.sign(&claims).as_str(),
    ] {
        assert!(world.refuses(token).await);
    }
    assert_eq!(world.fetches().await, 0);
}

#[tokio::test]
async fn only_the_configured_issuer_counts() {
    let world = World::new().await;
    for issuer in [
        json!("https://evil.example.com"),
        json!("https://issuer.example.com/"),
        json!("https://ISSUER.example.com"),
        json!(""),
        json!([ISSUER]),
        json!(null),
    ] {
        assert!(
            !world.accepts(&world.with("iss", issuer.clone())).await,
            "{issuer}"
        );
    }
}

#[tokio::test]
async fn a_token_is_for_one_of_us() {
    let world = World::new().await;
    for audience in [
        json!("ours"),
        json!("our-app"),
        json!(["ours"]),
        json!(["ours", "our-app"]),
    ] {
        assert!(
            world.accepts(&world.with("aud", audience.clone())).await,
            "{audience}"
        );
    }
    for audience in [
        json!("theirs"),
        json!("our"),
        json!(""),
        json!([]),
        json!(["theirs"]),
        json!(["ours", "theirs"]),
        json!({ "0": "ours" }),
        json!(7),
        json!(null),
    ] {
        assert!(
            !world.accepts(&world.with("aud", audience.clone())).await,
            "{audience}"
        );
    }
}

#[tokio::test]
async fn a_token_for_us_and_others_has_to_be_made_for_us() {
    let world = World::new().await;
    let with = |party: Value| {
        let mut claims = world.with("aud", json!(["theirs", "ours"]));
        claims["azp"] = party;
        claims
    };

    assert!(world.accepts(&with(json!("ours"))).await);
    for party in [json!("theirs"), json!(""), json!(null)] {
        assert!(!world.accepts(&with(party.clone())).await, "{party}");
    }
}

#[tokio::test]
async fn without_audiences_no_token_is_good() {
    let world = World::with_rules(IdTokenRules {
        issuer: ISSUER.to_owned(),
        audiences: Vec::new(),
        needs_address: false,
    })
    .await;

    for audience in [json!("ours"), json!([]), json!(null), json!("")] {
        assert!(!world.accepts(&world.with("aud", audience)).await);
    }
}

#[tokio::test]
async fn a_token_is_good_from_then_to_then() {
    let world = World::new().await;
    let now = world.now();
    for (name, good, bad) in [
        ("exp", now + 1, now),
        ("iat", now + 60, now + 61),
        ("nbf", now + 60, now + 61),
    ] {
        assert!(
            world.accepts(&world.with(name, json!(good))).await,
            "{name}"
        );
        assert!(
            !world.accepts(&world.with(name, json!(bad))).await,
            "{name}"
        );
    }
}

#[tokio::test]
async fn dates_may_have_fractions() {
    let world = World::new().await;
    let now = world.now();
    for (name, good, bad) in [("exp", 0.5, -0.5), ("iat", 59.5, 60.5), ("nbf", 59.5, 60.5)] {
        let at = |seconds: f64| json!(f64::from(u32::try_from(now).unwrap()) + seconds);
        assert!(world.accepts(&world.with(name, at(good))).await, "{name}");
        assert!(!world.accepts(&world.with(name, at(bad))).await, "{name}");
    }
}

#[tokio::test]
async fn no_date_makes_anything_overflow() {
    let world = World::new().await;
    for name in ["exp", "iat", "nbf"] {
        for date in [
            json!(u64::MAX),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(-1),
            json!(1e15),
            json!(1e300),
            json!(0),
            json!("1"),
            json!([]),
        ] {
            let token = world.signer.sign(&world.with(name, date.clone()));
            let judged = world.judge(&token).await;
            let good = date
                .as_f64()
                .is_some_and(|it| (it > 0.0) == (name == "exp"));
            assert_eq!(judged.is_ok(), good, "{name} {date}");
        }
    }
}

#[tokio::test]
async fn who_when_and_what_for_cannot_be_left_out() {
    let world = World::new().await;
    for name in ["iss", "aud", "sub", "exp", "iat", "email"] {
        assert!(
            !world.accepts(&world.with(name, json!(null))).await,
            "{name}"
        );
    }
    for name in ["email_verified", "name", "picture", "nbf", "nonce"] {
        assert!(
            world.accepts(&world.with(name, json!(null))).await,
            "{name}"
        );
    }
    for subject in [json!(""), json!("undefined"), json!(7), json!(["4711"])] {
        assert!(!world.accepts(&world.with("sub", subject)).await);
    }
    assert!(!world.accepts(&world.with("email", json!("nonsense"))).await);
}

#[tokio::test]
async fn an_app_binds_a_token_by_the_hash_of_its_nonce() {
    let world = World::new().await;
    let judge = async |claim: Value, given: Option<&str>| {
        let token = Secret::new(world.signer.sign(&world.with("nonce", claim)));
        let given = given.map(Secret::new);
        world.tokens.verify(&token, given.as_ref()).await.is_ok()
    };
    let hash = |text: &str| json!(HEXLOWER.encode(&Sha256::digest(text.as_bytes())));

    assert!(judge(hash("a nonce"), Some("a nonce")).await);
    assert!(judge(hash(""), None).await);
    // Without the claim the token is bound to no nonce.
    assert!(judge(json!(null), Some("a nonce")).await);
    assert!(!judge(hash("a nonce"), None).await);
    assert!(!judge(hash("a nonce"), Some("another")).await);
    assert!(!judge(json!("a nonce"), Some("a nonce")).await);
    assert!(!judge(json!(""), None).await);
    assert!(!judge(json!(7), Some("7")).await);
}

#[tokio::test]
async fn a_token_for_a_code_repeats_the_nonce_itself() {
    let world = World::new().await;
    let nonce = Secret::new("a nonce");
    let judge = async |claim: Value| {
        let token = Secret::new(world.signer.sign(&world.with("nonce", claim)));
        world.tokens.verify_for_code(&token, &nonce).await.is_ok()
    };

    assert!(judge(json!("a nonce")).await);
    assert!(!judge(json!("another")).await);
    assert!(!judge(json!(null)).await);
    assert!(!judge(json!(HEXLOWER.encode(&Sha256::digest(b"a nonce")))).await);
}

#[tokio::test]
async fn keys_are_fetched_once_an_hour() {
    let world = World::new().await;
    let far = json!(world.now() + 10_000);
    for _ in 0..3 {
        assert!(world.accepts(&world.with("exp", far.clone())).await);
    }
    assert_eq!(world.fetches().await, 1);

    world.clock.advance(Duration::from_hours(1));

    assert!(world.accepts(&world.with("exp", far)).await);
    assert_eq!(world.fetches().await, 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_inventions_cost_one_request_a_minute() {
    let world = World::new().await;
    assert!(world.accepts(&world.claims()).await);
    let new = Signer::new("a-new-key");
    world.service.gets("/keys", &new.set());

    for _ in 0..3 {
        assert!(world.refuses(&new.sign(&world.claims())).await);
    }
    assert_eq!(world.fetches().await, 1);
    world.clock.advance(Duration::from_mins(1));
    assert!(world.judge(&new.sign(&world.claims())).await.is_ok());
    assert_eq!(world.fetches().await, 2);
    for _ in 0..3 {
        assert!(
            world
                .refuses(&Signer::new("invented").sign(&world.claims()))
                .await
        );
    }

    assert_eq!(world.fetches().await, 2);
    assert!(!world.accepts(&world.claims()).await, "the old key is gone");
}

#[tokio::test]
async fn a_token_that_names_no_key_means_the_only_one() {
    let world = World::new().await;
    let other = Signer::new("another");
    let header = json!({ "alg": "ES256" });
    let token = world.signer.sign_with_header(&header, &world.claims());
    assert!(world.judge(&token).await.is_ok());

    world.clock.advance(Duration::from_hours(1));
    let both = json!({ "keys": [world.signer.public(), other.public()] });
    world.service.gets("/keys", &both);

    let token = world.signer.sign_with_header(&header, &world.claims());
    assert!(world.refuses(&token).await);
}

/// For how long no fetch is tried after a failed one.
const REST: Duration = Duration::from_secs(5);

#[tokio::test]
async fn keys_that_are_not_to_be_had_are_no_verdict() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    for keys in [json!({}), json!([]), json!({ "keys": 7 })] {
        world.service.gets("/keys", &keys);
        world.clock.advance(REST);
        let judged = world.judge(&token).await;
        assert!(
            matches!(judged, Err(IdTokenError::Unavailable(_))),
            "{keys}"
        );
    }
    world.service.reset().await;
    world.clock.advance(REST);

    let judged = world.judge(&token).await;

    assert!(matches!(judged, Err(IdTokenError::Unavailable(_))));
    world.service.gets("/keys", &world.signer.set());
    let at_once = world.judge(&token).await;
    assert!(matches!(at_once, Err(IdTokenError::Unavailable(_))));
    world.clock.advance(REST);
    assert!(world.judge(&token).await.is_ok());
}

#[tokio::test]
async fn while_the_keys_are_away_the_last_ones_are_good() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    assert!(world.judge(&token).await.is_ok());
    world.service.reset().await;

    world.clock.advance(Duration::from_hours(2));
    let later = world.signer.sign(&world.claims());
    assert!(world.judge(&later).await.is_ok());
    world.clock.advance(Duration::from_hours(22));
    let too_late = world.signer.sign(&world.claims());

    let judged = world.judge(&too_late).await;

    assert!(matches!(judged, Err(IdTokenError::Unavailable(_))));
}
