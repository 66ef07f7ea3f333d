//! What access tokens say beyond the standard claims.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    ports::{
        CustomClaimSource, CustomClaimSourceError, InvalidAccessToken, PublicKeys, SignerError,
        Store, TokenSigner, UserLookup,
    },
    services::{AnonymousSignIn, Deanonymize, DeanonymizeMethod, SignUpOptions},
    session::{AccessClaims, AccessIdentity, AccessToken, CustomClaimName, CustomClaims},
    testing::{PlainSigner, policy},
    user::UserId,
};
use futures_util::FutureExt;
use store_testkit::MemoryStore;

use crate::world::{World, email};

/// Adds the same claims for every user in the store.
struct Profiles {
    store: Arc<dyn Store>,
    away: AtomicBool,
    asked: Mutex<Vec<UserId>>,
}

#[async_trait]
impl CustomClaimSource for Profiles {
    async fn claims_of(&self, user: UserId) -> Result<CustomClaims, CustomClaimSourceError> {
        self.asked.lock().unwrap().push(user);
        let known = self.store.find_user(UserLookup::Id(user)).await.unwrap();
        assert!(known.is_some(), "asked for a user who is not committed");
        let turn = self.store.begin().now_or_never();
        assert!(turn.is_some(), "asked while a unit of work is open");
        if self.away.load(Ordering::Relaxed) {
            return Err(CustomClaimSourceError("away".into()));
        }
        Ok(organisation())
    }
}

fn organisation() -> CustomClaims {
    let name = CustomClaimName::parse("organisation").unwrap();
    CustomClaims::from_iter([(name, "o1".to_owned())])
}

/// Keeps what it signs.
#[derive(Default)]
struct Ledger(Mutex<Vec<AccessClaims>>);

impl TokenSigner for Ledger {
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SignerError> {
        self.0.lock().unwrap().push(claims.clone());
        PlainSigner.sign(claims)
    }

    fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessIdentity, InvalidAccessToken> {
        PlainSigner.verify(token, now)
    }

    fn public_keys(&self) -> PublicKeys {
        PlainSigner.public_keys()
    }
}

struct Claiming {
    world: World,
    profiles: Arc<Profiles>,
    ledger: Arc<Ledger>,
}

impl Claiming {
    async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let profiles = Arc::new(Profiles {
            store: Arc::clone(&store),
            away: AtomicBool::new(false),
            asked: Mutex::default(),
        });
        let ledger = Arc::new(Ledger::default());
        let world = World::over_with(store, Arc::default(), policy(), |it| {
            it.custom_claims = Some(Arc::clone(&profiles) as _);
            it.signer = Arc::clone(&ledger) as _;
        })
        .await;
        Self {
            world,
            profiles,
            ledger,
        }
    }

    fn signed(&self) -> Vec<CustomClaims> {
        let ledger = self.ledger.0.lock().unwrap();
        ledger.iter().map(|it| it.custom.clone()).collect()
    }
}

#[tokio::test]
async fn every_access_token_carries_them() {
    let it = Claiming::new().await;
    let services = &it.world.services;

    let ada = it.world.signed_up("ada@example.com").await;
    it.world.signed_in("ada@example.com").await;
    services.tokens().refresh(ada.refresh_token).await.unwrap();
    let raced = services.tokens().refresh(ada.refresh_token).await.unwrap();
    let anonymous = AnonymousSignIn::default();
    let anonymous = services.anonymous().sign_in(anonymous).await.unwrap();

    assert_eq!(it.signed(), vec![organisation(); 5]);
    let asked = it.profiles.asked.lock().unwrap().clone();
    let ids = [ada.user.id; 4];
    assert_eq!(asked, [ids.as_slice(), &[anonymous.user.id]].concat());
    assert_eq!(raced.user.id, ada.user.id);
}

#[tokio::test]
async fn a_source_that_is_away_costs_the_claims_and_not_the_session() {
    let it = Claiming::new().await;
    it.profiles.away.store(true, Ordering::Relaxed);

    let ada = it.world.signed_up("ada@example.com").await;
    it.profiles.away.store(false, Ordering::Relaxed);
    let tokens = it.world.services.tokens();
    tokens.refresh(ada.refresh_token).await.unwrap();

    assert_eq!(it.signed(), [CustomClaims::default(), organisation()]);
}

#[tokio::test]
async fn the_source_is_not_asked_about_a_legacy_session_or_a_request_without_a_token() {
    let it = Claiming::new().await;
    let services = &it.world.services;

    it.world.signed_up_by_name("john").await;
    let anonymous = AnonymousSignIn::default();
    let anonymous = services.anonymous().sign_in(anonymous).await.unwrap();
    let request = Deanonymize {
        email: email("ada@example.com"),
        method: DeanonymizeMethod::EmailLink,
        options: SignUpOptions::default(),
        code_challenge: None,
    };
    let deanonymized = services
        .anonymous()
        .deanonymize(anonymous.user.id, request)
        .await;

    deanonymized.unwrap();
    assert_eq!(*it.profiles.asked.lock().unwrap(), [anonymous.user.id]);
}
