//! Verifying an address, and moving an account to another.

use std::sync::Arc;

use auth_domain::{
    error::{StoreError, UniqueField},
    ports::{Store, UserLookup},
    user::{NewUser, UserId},
};

use crate::{
    Fixture,
    samples::{email, new_user},
    steps::{all_at_once, assert_taken, found, given_user, retried},
};

/// Verifying an address changes nothing else, and no other user.
pub async fn email_verification_is_noted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, unverified("ada")).await;
    let eve = given_user(&*store, unverified("eve")).await;

    for _ in 0..2 {
        let mut work = store.begin().await.unwrap();
        assert!(work.users().set_email_verified(ada.id).await.unwrap());
        work.commit().await.unwrap();
    }

    ada.email_verified = true;
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// A noted address is not the account's yet, and may still be taken by another.
pub async fn noted_email_changes_nothing_yet(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    note(&*store, ada.id, "countess@example.com").await;

    let noted = email("countess@example.com");
    assert_eq!(found(&*store, UserLookup::Email(&noted)).await, None);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    let owner = NewUser {
        email: Some(noted),
        ..new_user("eve")
    };
    given_user(&*store, owner).await;
}

/// The account has the noted address in its spelling, verified, and the old one finds no user.
pub async fn account_moves_to_the_noted_email(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, unverified("ada")).await;
    let eve = given_user(&*store, unverified("eve")).await;
    note(&*store, ada.id, "Countess@Example.com").await;

    assert!(move_to_noted(&*store, ada.id).await.unwrap());

    let old = email("ada@example.com");
    assert_eq!(found(&*store, UserLookup::Email(&old)).await, None);
    ada.email = Some(email("Countess@Example.com"));
    ada.email_verified = true;
    let moved = email("countess@example.com");
    assert_eq!(found(&*store, UserLookup::Email(&moved)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// A noted address replaces an earlier one.
pub async fn account_moves_to_the_last_noted_email(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    note(&*store, ada.id, "first@example.com").await;
    note(&*store, ada.id, "second@example.com").await;

    assert!(move_to_noted(&*store, ada.id).await.unwrap());

    let moved = found(&*store, UserLookup::Id(ada.id)).await.unwrap();
    assert_eq!(moved.email, Some(email("second@example.com")));
}

/// After a move no address is noted any more.
pub async fn account_moves_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    note(&*store, ada.id, "countess@example.com").await;

    assert!(move_to_noted(&*store, ada.id).await.unwrap());

    assert!(!move_to_noted(&*store, ada.id).await.unwrap());
    let moved = found(&*store, UserLookup::Id(ada.id)).await.unwrap();
    assert_eq!(moved.email, Some(email("countess@example.com")));
}

/// Without a noted address nothing changes; above all the address is not verified by it.
pub async fn account_without_a_noted_email_stays(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, unverified("ada")).await;

    assert!(!move_to_noted(&*store, ada.id).await.unwrap());

    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// An address that another user took meanwhile stays theirs, in any spelling.
pub async fn account_does_not_move_to_a_taken_email(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, unverified("ada")).await;
    note(&*store, ada.id, "EVE@example.com").await;
    let eve = given_user(&*store, new_user("eve")).await;

    let outcome = move_to_noted(&*store, ada.id).await;

    assert_taken(&outcome, UniqueField::Email);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// An account may move to its own address, so that its spelling can be changed.
pub async fn account_may_respell_its_email(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    note(&*store, ada.id, "Ada@Example.com").await;

    assert!(move_to_noted(&*store, ada.id).await.unwrap());

    let respelled = found(&*store, UserLookup::Id(ada.id)).await.unwrap();
    assert_eq!(respelled.email, Some(email("Ada@Example.com")));
}

/// Of ten accounts that move to one address at the same moment, one gets it; the others learn that
/// it is taken.
pub async fn parallel_moves_to_one_email_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut movers = Vec::new();
    for number in 0..10 {
        let mover = given_user(&*store, new_user(&format!("user-{number}")))
            .await
            .id;
        note(&*store, mover, "wanted@example.com").await;
        movers.push(mover);
    }

    let outcomes = all_at_once(movers.into_iter().map(|mover| {
        let store = Arc::clone(&store);
        async move { retried(|| move_to_noted(&*store, mover)).await }
    }))
    .await;

    let (moved, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(moved.len(), 1, "{moved:?}");
    for outcome in &refused {
        assert_taken(outcome, UniqueField::Email);
    }
}

fn unverified(name: &str) -> NewUser {
    NewUser {
        email_verified: false,
        ..new_user(name)
    }
}

/// Notes an address in a unit of work of its own.
async fn note(store: &dyn Store, user: UserId, address: &str) {
    let mut work = store.begin().await.unwrap();
    let noted = work.users().set_new_email(user, &email(address)).await;
    work.commit().await.unwrap();
    assert!(noted.unwrap());
}

/// Moves an account in a unit of work of its own, and rolls it back when that is refused.
async fn move_to_noted(store: &dyn Store, user: UserId) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    match work.users().move_to_new_email(user).await {
        Ok(moved) => {
            work.commit().await?;
            Ok(moved)
        }
        Err(refused) => {
            work.rollback().await?;
            Err(refused)
        }
    }
}
