//! Removing what has expired, and nothing that a client may still ask for.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    ports::{ExpiredRows, Removal},
    services::{CleanUpService, Error, RefreshRefusal},
    testing::policy,
};

use crate::world::World;

/// The life of a refresh token, and how long its predecessors are remembered, in [`policy`].
const LIFE: Duration = Duration::from_hours(24);
const MEMORY: Duration = Duration::from_secs(3630);

/// For how long clocks may differ.
const SKEW: Duration = Duration::from_mins(5);

const MOMENT: Duration = Duration::from_micros(1);

async fn removed(world: &World, rows: ExpiredRows) -> u64 {
    let store = Arc::clone(&world.store);
    let service = CleanUpService::new(store, Arc::clone(&world.clock) as _, &policy());
    match service.remove_some(rows, 100).await.unwrap() {
        Removal::Removed(count) => count,
        Removal::DoneElsewhere => panic!("no other server removes {rows:?}"),
    }
}

#[tokio::test]
async fn a_session_is_removed_when_no_server_takes_it_for_good_any_more() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    let tokens = ExpiredRows::RefreshTokens;

    world.clock.advance(LIFE + SKEW);
    assert_eq!(removed(&world, tokens).await, 0, "some clock may be slow");
    world.clock.advance(MOMENT);

    assert_eq!(removed(&world, tokens).await, 1);
    assert_eq!(removed(&world, tokens).await, 0);
}

#[tokio::test]
async fn a_rotated_token_is_remembered_as_long_as_its_use_ends_the_session() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await.refresh_token;
    let tokens = world.services.tokens();
    let second = tokens.refresh(first).await.unwrap().refresh_token;

    world.clock.advance(MEMORY + SKEW);
    assert_eq!(removed(&world, ExpiredRows::RefreshTokenRotations).await, 0);
    let reused = tokens.refresh(first).await;

    assert!(matches!(
        reused,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    let ended = tokens.refresh(second).await;
    assert!(matches!(
        ended,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
}

#[tokio::test]
async fn a_rotated_token_is_forgotten_afterwards_and_its_session_goes_on() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await.refresh_token;
    let tokens = world.services.tokens();
    let second = tokens.refresh(first).await.unwrap().refresh_token;

    world.clock.advance(MEMORY + SKEW + MOMENT);
    assert_eq!(removed(&world, ExpiredRows::RefreshTokenRotations).await, 1);
    let unknown = tokens.refresh(first).await;

    assert!(matches!(
        unknown,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    assert!(tokens.refresh(second).await.is_ok());
}
