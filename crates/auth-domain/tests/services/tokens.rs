//! Refreshing.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    DateTime, Utc,
    policy::AuthPolicy,
    ports::Clock,
    services::{AccountRefusal, Dependencies, Error, RefreshRefusal},
    session::{PlainRefreshToken, SuccessorKey},
    testing::{FixedClock, policy},
};
use futures_util::future::join_all;
use store_testkit::MemoryStore;
use uuid::Uuid;

use crate::world::World;

#[tokio::test]
async fn a_refresh_token_is_rotated_and_names_the_same_session() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;

    let second = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();

    assert_eq!(second.id, first.id);
    assert_eq!(second.user, first.user);
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(
        world
            .services
            .tokens()
            .refresh(second.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn parallel_refreshes_are_given_the_same_successor() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;

    let tokens = world.services.tokens();
    let all = join_all((0..50).map(|_| tokens.refresh(session.refresh_token))).await;

    let tokens: Vec<_> = all
        .into_iter()
        .map(|it| it.unwrap().refresh_token)
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert!(world.services.tokens().refresh(tokens[0]).await.is_ok());
}

#[tokio::test]
async fn a_tab_that_is_two_rotations_behind_catches_up_within_the_grace() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let second = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();
    let third = world
        .services
        .tokens()
        .refresh(second.refresh_token)
        .await
        .unwrap();

    let late = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();

    assert_eq!(late.refresh_token, third.refresh_token);
}

/// A clock that advances by forty seconds with each reading.
struct StallingClock(Arc<FixedClock>);

impl Clock for StallingClock {
    fn now(&self) -> DateTime<Utc> {
        let now = self.0.now();
        self.0.advance(Duration::from_secs(40));
        now
    }
}

/// A user who was signed in, whose first token was rotated once, and in whose next request time passes.
struct Stalled {
    world: World,
    first: PlainRefreshToken,
    second: PlainRefreshToken,
}

impl Stalled {
    async fn with(policy: AuthPolicy) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(MemoryStore::with_clock(Arc::clone(&clock) as _));
        let shared = Arc::clone(&clock);
        let set_clock = |it: &mut Dependencies| it.clock = shared;
        let store_of_all = Arc::clone(&store) as _;
        let world = World::over_with(store_of_all, Arc::default(), policy.clone(), set_clock).await;
        let first = world.signed_up("ada@example.com").await.refresh_token;
        let second = world.services.tokens().refresh(first).await.unwrap();
        let stalling = |it: &mut Dependencies| it.clock = Arc::new(StallingClock(clock));
        Self {
            world: World::over_with(store, Arc::default(), policy, stalling).await,
            first,
            second: second.refresh_token,
        }
    }
}

#[tokio::test]
async fn a_tab_whose_refresh_meets_a_stall_longer_than_the_grace_stays_signed_in() {
    let stalled = Stalled::with(policy()).await;

    let other_tab = stalled.world.services.tokens().refresh(stalled.first).await;

    assert_eq!(other_tab.unwrap().refresh_token, stalled.second);
}

#[tokio::test]
async fn without_a_grace_no_stall_makes_a_rotated_token_good_again() {
    let mut policy = policy();
    policy.sessions.refresh_grace = Duration::ZERO;
    let stalled = Stalled::with(policy).await;
    let tokens = stalled.world.services.tokens();

    let reused = tokens.refresh(stalled.first).await;

    let invalid = |it: &_| matches!(it, Err(Error::Refused(RefreshRefusal::InvalidRefreshToken)));
    assert!(invalid(&reused));
    let owner = tokens.refresh(stalled.second).await;
    assert!(invalid(&owner));
}

#[tokio::test]
async fn reuse_after_the_grace_ends_the_session_for_everyone() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let other = world.signed_in("ada@example.com").await;
    let second = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(31));

    let reuse = world.services.tokens().refresh(first.refresh_token).await;

    assert!(matches!(
        reuse,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    let owner = world.services.tokens().refresh(second.refresh_token).await;
    assert!(matches!(
        owner,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    assert!(
        world
            .services
            .tokens()
            .refresh(other.refresh_token)
            .await
            .is_ok(),
        "other sessions live"
    );
}

#[tokio::test]
async fn a_forgotten_predecessor_is_merely_unknown() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let second = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();
    world.clock.advance(Duration::from_hours(2));
    let third = world
        .services
        .tokens()
        .refresh(second.refresh_token)
        .await
        .unwrap();

    let ancient = world.services.tokens().refresh(first.refresh_token).await;

    assert!(matches!(
        ancient,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    assert!(
        world
            .services
            .tokens()
            .refresh(third.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_changed_key_does_not_end_sessions() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let second = world
        .services
        .tokens()
        .refresh(first.refresh_token)
        .await
        .unwrap();
    let rekeyed = world
        .beside(|it| it.sessions.successor_key = SuccessorKey::derive(b"new"))
        .await;

    let behind = rekeyed.services.tokens().refresh(first.refresh_token).await;

    assert!(matches!(
        behind,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    assert!(
        rekeyed
            .services
            .tokens()
            .refresh(second.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_expired_or_invented_token_fetches_nothing() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let invented = PlainRefreshToken::new(Uuid::from_u128(99));
    world.clock.advance(Duration::from_hours(24));

    for token in [session.refresh_token, invented] {
        let outcome = world.services.tokens().refresh(token).await;
        assert!(matches!(
            outcome,
            Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
        ));
    }
}

#[tokio::test]
async fn a_refused_account_keeps_its_token() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let verifying = world
        .beside(|it| it.accounts.email_verification_required = true)
        .await;

    let refused = verifying
        .services
        .tokens()
        .refresh(session.refresh_token)
        .await;

    assert!(matches!(
        refused,
        Err(Error::Refused(RefreshRefusal::Account(
            AccountRefusal::Unverified
        )))
    ));
    assert!(
        world
            .services
            .tokens()
            .refresh(session.refresh_token)
            .await
            .is_ok()
    );
}
