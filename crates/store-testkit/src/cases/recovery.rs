//! Health, and recovery from lost connections.
//!
//! A store must not hand a dead connection to a reader: reads succeed at the first attempt. A write
//! must not be repeated blindly (it is not idempotent), so its first attempt may report that the
//! store was unavailable; the second succeeds.

use std::sync::Arc;

use auth_domain::{
    error::StoreError,
    ports::{Store, UserLookup},
    user::User,
};

use crate::{
    Fixture,
    samples::{new_user, opaque_session, refresh_token, rotation, user_id},
    steps::{
        all_at_once, exists, given_opaque_session, given_refresh_token, given_user, is_live,
        opened_by,
    },
};

/// A fresh store answers.
pub async fn fresh_store_answers_ping(fixture: &dyn Fixture) {
    assert!(fixture.store().ping().await.is_ok());
}

/// A health check takes no lock: it does not wait for a writer.
pub async fn ping_does_not_wait_for_a_writer(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    let answer = store.ping().await;

    work.rollback().await.unwrap();
    assert!(answer.is_ok(), "{answer:?}");
}

/// A fresh store needs no migration, and tells so without waiting for a writer.
pub async fn fresh_store_is_migrated(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    let answer = store.is_migrated().await;

    work.rollback().await.unwrap();
    assert!(answer.unwrap());
}

/// The state of the migrations is answered again after connections were lost.
pub async fn is_migrated_recovers_from_lost_connections(fixture: &dyn Fixture) {
    let store = fixture.store();
    lose_connections(fixture).await;

    let answer = store.is_migrated().await;

    assert!(answer.unwrap());
}

/// The store answers again after its connections were lost.
pub async fn ping_recovers_from_lost_connections(fixture: &dyn Fixture) {
    let store = fixture.store();
    lose_connections(fixture).await;

    let answer = store.ping().await;

    assert!(answer.is_ok(), "{answer:?}");
}

/// Readers do not notice that connections were lost.
pub async fn reads_recover_from_lost_connections(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_opaque_session(&*store, &opaque_session("opaque", ada.id)).await;
    lose_connections(fixture).await;

    for user in read_from_many_tasks(&store).await {
        assert_eq!(user.unwrap().as_ref(), Some(&ada));
    }

    lose_connections(fixture).await;
    assert_eq!(opened_by(&*store, "opaque").await, Some(ada));
}

/// Units of work begin again at the second attempt at the latest.
pub async fn work_recovers_from_lost_connections(fixture: &dyn Fixture) {
    let store = fixture.store();
    lose_connections(fixture).await;

    let mut work = match store.begin().await {
        Err(StoreError::Unavailable(_)) => store.begin().await.unwrap(),
        begun => begun.unwrap(),
    };
    work.users().insert(&new_user("ada")).await.unwrap();
    work.commit().await.unwrap();

    assert!(exists(&*store, user_id("ada")).await);
}

/// So do rotations.
pub async fn rotation_recovers_from_lost_connections(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_refresh_token(&*store, &refresh_token("first", ada.id)).await;
    lose_connections(fixture).await;

    let rotation = rotation("first", "second");
    let rotated = match store.rotate_refresh_token(&rotation).await {
        Err(StoreError::Unavailable(_)) => store.rotate_refresh_token(&rotation).await,
        outcome => outcome,
    };

    assert!(rotated.unwrap().is_some());
    assert!(is_live(&*store, "second").await);
}

/// A unit of work whose connection is lost can be dropped, and leaves nothing.
pub async fn dropped_work_without_connection_leaves_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    fixture.sever_connections().await;
    drop(work);

    assert!(store.ping().await.is_ok());
    let user = store.find_user(UserLookup::Id(user_id("ada"))).await;
    assert_eq!(user.unwrap(), None);
}

/// A commit without a connection reports that the store is unavailable, and stores nothing. A store
/// without connections just commits.
pub async fn commit_without_connection_is_an_error(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    fixture.sever_connections().await;
    let outcome = work.commit().await;

    let user = store.find_user(UserLookup::Id(user_id("ada"))).await;
    assert_eq!(user.unwrap().is_some(), outcome.is_ok());
    assert!(
        matches!(outcome, Ok(()) | Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
}

/// Makes the store open several connections, and cuts them all.
async fn lose_connections(fixture: &dyn Fixture) {
    for outcome in read_from_many_tasks(&fixture.store()).await {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    fixture.sever_connections().await;
}

async fn read_from_many_tasks(store: &Arc<dyn Store>) -> Vec<Result<Option<User>, StoreError>> {
    all_at_once((0..10).map(|_| {
        let store = Arc::clone(store);
        async move { store.find_user(UserLookup::Id(user_id("ada"))).await }
    }))
    .await
}
