//! Phone numbers: verified, noted and taken ones.

use std::sync::Arc;

use auth_domain::{
    error::{StoreError, UniqueField},
    one_time_code::{CodePurpose, NewCode},
    ports::{Contact, Deanonymization, NumberClaimant, StagedProfile, Store, UserLookup},
    user::{NewUser, Role, User, UserId},
};
use serde_json::json;

use crate::{
    Fixture,
    samples::{
        LIFE, anonymous_user, at, deanonymization, just_before, new_code_for, new_user,
        phone_number, role, staged_profile,
    },
    steps::{all_at_once, assert_taken, found, given_code, given_user, retried, try_to_insert},
};

const NUMBER: &str = "+41790000001";

/// A number finds its user in the spelling it was stored in, and in no other.
pub async fn phone_number_is_found_to_the_letter(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, reachable("ada", NUMBER)).await;
    given_user(&*store, new_user("eve")).await;

    assert!(!ada.phone_number_verified);
    assert_eq!(holder(&*store, NUMBER).await, Some(ada));
    for other in ["+41 79 000 00 01", "41790000001", "+4179000000_", "%"] {
        assert_eq!(holder(&*store, other).await, None, "{other}");
    }
}

/// Two users cannot have one number.
pub async fn phone_number_is_unique(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, reachable("ada", NUMBER)).await;

    let outcome = try_to_insert(&*store, &reachable("eve", NUMBER)).await;

    assert_taken(&outcome, UniqueField::PhoneNumber);
    given_user(&*store, reachable("eve", "+41790000002")).await;
}

/// Verifying a number changes nothing else, and no other user.
pub async fn phone_verification_is_noted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, reachable("ada", NUMBER)).await;
    let eve = given_user(&*store, reachable("eve", "+41790000002")).await;

    for _ in 0..2 {
        let mut work = store.begin().await.unwrap();
        let noted = work.users().set_phone_number_verified(ada.id).await;
        assert!(noted.unwrap());
        work.commit().await.unwrap();
    }

    ada.phone_number_verified = true;
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// A number that is removed is free again, and a noted one is cleared, too.
pub async fn phone_number_can_be_taken_away(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, reachable("ada", NUMBER)).await;
    stage(&*store, ada.id, "+41790000002", None).await;

    let mut work = store.begin().await.unwrap();
    work.users()
        .set_phone_number_verified(ada.id)
        .await
        .unwrap();
    assert!(work.users().clear_phone_number(ada.id).await.unwrap());
    work.commit().await.unwrap();

    ada.phone_number = None;
    assert!(!move_to(&*store, ada.id, "+41790000002").await.unwrap());
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    given_user(&*store, reachable("eve", NUMBER)).await;
}

/// A noted number is not the account's yet, and may still be taken by another.
pub async fn noted_phone_number_changes_nothing_yet(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    stage(&*store, ada.id, NUMBER, None).await;

    assert_eq!(holder(&*store, NUMBER).await, None);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    given_user(&*store, reachable("eve", NUMBER)).await;
}

/// The account has the noted number, verified, and the old one finds no user.
pub async fn account_moves_to_the_noted_phone_number_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, reachable("ada", NUMBER)).await;
    stage(&*store, ada.id, "+41790000002", None).await;

    assert!(move_to(&*store, ada.id, "+41790000002").await.unwrap());
    assert!(!move_to(&*store, ada.id, "+41790000002").await.unwrap());

    ada.phone_number = Some(phone_number("+41790000002"));
    ada.phone_number_verified = true;
    assert_eq!(holder(&*store, NUMBER).await, None);
    assert_eq!(holder(&*store, "+41790000002").await, Some(ada));
}

/// An account moves to the number that was noted last, and to no other.
pub async fn account_moves_to_no_other_phone_number(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    assert!(!move_to(&*store, ada.id, NUMBER).await.unwrap());

    stage(&*store, ada.id, NUMBER, None).await;
    stage(&*store, ada.id, "+41790000002", None).await;

    for other in [NUMBER, "+41790000003"] {
        assert!(!move_to(&*store, ada.id, other).await.unwrap());
    }
    assert_eq!(
        found(&*store, UserLookup::Id(ada.id)).await,
        Some(ada.clone())
    );
    assert!(move_to(&*store, ada.id, "+41790000002").await.unwrap());
}

/// A number that another user took meanwhile stays theirs.
pub async fn account_does_not_move_to_a_taken_phone_number(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    stage(&*store, ada.id, NUMBER, None).await;
    let eve = given_user(&*store, reachable("eve", NUMBER)).await;

    let outcome = move_to(&*store, ada.id, NUMBER).await;

    assert_taken(&outcome, UniqueField::PhoneNumber);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(holder(&*store, NUMBER).await, Some(eve));
}

/// Of ten accounts that move to one number at the same moment, one gets it.
pub async fn parallel_moves_to_one_phone_number_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut movers = Vec::new();
    for number in 0..10 {
        let mover = given_user(&*store, new_user(&format!("user-{number}"))).await;
        stage(&*store, mover.id, NUMBER, None).await;
        movers.push(mover.id);
    }

    let outcomes = all_at_once(movers.into_iter().map(|mover| {
        let store = Arc::clone(&store);
        async move { retried(|| move_to(&*store, mover, NUMBER)).await }
    }))
    .await;

    let (moved, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(moved.len(), 1, "{moved:?}");
    for outcome in &refused {
        assert_taken(outcome, UniqueField::PhoneNumber);
    }
}

/// A code may be for the user who has the number, with no staged profile.
pub async fn holder_of_a_number_is_its_claimant(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, reachable("ada", NUMBER)).await;
    waiting(&*store, "eve", NUMBER, LIFE).await;

    let expected = NumberClaimant {
        user: ada,
        staged: None,
    };
    assert_eq!(claimant(&*store, NUMBER).await, Some(expected));
    assert_eq!(claimant(&*store, "+41790000002").await, None);
}

/// A code may be for an anonymous user who noted the number, with the profile they noted.
pub async fn anonymous_user_who_noted_a_number_is_its_claimant(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, anonymous_user("ada")).await;
    let profile = StagedProfile {
        display_name: "Ada \"L.\" ü".to_owned(),
        default_role: role("me"),
        roles: vec![role("me"), Role::user()],
        metadata: json!({"theme": ["dark"]}).as_object().cloned(),
        ..staged_profile("ada")
    };

    for staged in [profile, staged_profile("ada")] {
        stage(&*store, ada.id, NUMBER, Some(&staged)).await;
        given_code(&*store, &code_of(ada.id, LIFE)).await;

        let expected = NumberClaimant {
            user: ada.clone(),
            staged: Some(staged),
        };
        assert_eq!(claimant(&*store, NUMBER).await, Some(expected));
    }
}

/// Of several users who noted a number it is the one whose code expires last, and none once all
/// codes have expired.
pub async fn last_to_note_a_number_is_its_claimant(fixture: &dyn Fixture) {
    let store = fixture.store();
    let first = waiting(&*store, "first", NUMBER, LIFE).await;
    let last = waiting(&*store, "last", NUMBER, LIFE + 10).await;
    waiting(&*store, "between", NUMBER, LIFE + 5).await;
    waiting(&*store, "elsewhere", "+41790000002", LIFE + 20).await;

    for (now, expected) in [
        (at(60), Some(last.id)),
        (just_before(at(LIFE + 10)), Some(last.id)),
        (at(LIFE + 10), None),
    ] {
        let number = phone_number(NUMBER);
        let found = store.find_number_claimant(&number, now).await.unwrap();
        assert_eq!(found.map(|it| it.user.id), expected, "{now}");
    }
    assert_ne!(first.id, last.id);
}

/// A noted number is not enough: it takes an unexpired code, a profile, and an anonymous user.
pub async fn noted_number_alone_is_not_enough(fixture: &dyn Fixture) {
    let store = fixture.store();
    let without_code = given_user(&*store, anonymous_user("no-code")).await;
    stage(&*store, without_code.id, NUMBER, Some(&staged_profile("a"))).await;
    given_code(
        &*store,
        &new_code_for(CodePurpose::PhoneChange, "123456", without_code.id),
    )
    .await;
    let without_profile = given_user(&*store, anonymous_user("no-profile")).await;
    stage(&*store, without_profile.id, NUMBER, None).await;
    given_code(&*store, &code_of(without_profile.id, LIFE)).await;
    let named = given_user(&*store, new_user("named")).await;
    stage(&*store, named.id, NUMBER, Some(&staged_profile("a"))).await;
    given_code(&*store, &code_of(named.id, LIFE)).await;

    assert_eq!(claimant(&*store, NUMBER).await, None);
}

/// An anonymous user gets a number as they get an address, but verified, and the noted one is
/// cleared.
pub async fn anonymous_user_gets_a_phone_number(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = waiting(&*store, "ada", NUMBER, LIFE).await;

    let named = become_reachable(&*store, ada.id, NUMBER).await;
    assert!(named.unwrap());

    let ada = holder(&*store, NUMBER).await.unwrap();
    assert!(ada.phone_number_verified && !ada.is_anonymous);
    assert_eq!((ada.email, ada.email_verified), (None, false));
    assert_eq!(ada.roles, new_user("ada").roles);
    assert!(!move_to(&*store, ada.id, NUMBER).await.unwrap());
}

/// A number other than the last noted one changes nothing.
pub async fn anonymous_user_gets_no_other_phone_number(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = waiting(&*store, "ada", NUMBER, LIFE).await;

    let named = become_reachable(&*store, ada.id, "+41790000042").await;

    assert!(!named.unwrap());
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(holder(&*store, "+41790000042").await, None);
}

/// A number that belongs to another user changes nothing.
pub async fn user_is_not_deanonymized_with_a_taken_phone_number(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = waiting(&*store, "ada", NUMBER, LIFE).await;
    let eve = given_user(&*store, reachable("eve", NUMBER)).await;

    let outcome = become_reachable(&*store, ada.id, NUMBER).await;

    assert_taken(&outcome, UniqueField::PhoneNumber);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(holder(&*store, NUMBER).await, Some(eve));
}

fn reachable(name: &str, number: &str) -> NewUser {
    NewUser {
        phone_number: Some(phone_number(number)),
        ..new_user(name)
    }
}

/// Stores an anonymous user who noted a number and has a code that lives for so many seconds.
async fn waiting(store: &dyn Store, name: &str, number: &str, life: i64) -> User {
    let user = given_user(store, anonymous_user(name)).await;
    stage(store, user.id, number, Some(&staged_profile(name))).await;
    given_code(store, &code_of(user.id, life)).await;
    user
}

fn code_of(user: UserId, life: i64) -> NewCode {
    NewCode {
        expires_at: at(life),
        ..new_code_for(CodePurpose::PhoneDeanonymization, "123456", user)
    }
}

async fn holder(store: &dyn Store, number: &str) -> Option<User> {
    found(store, UserLookup::PhoneNumber(&phone_number(number))).await
}

/// The user that a code may be for, one minute after samples are made.
async fn claimant(store: &dyn Store, number: &str) -> Option<NumberClaimant> {
    let number = phone_number(number);
    store.find_number_claimant(&number, at(60)).await.unwrap()
}

/// Notes a number in a unit of work of its own.
async fn stage(store: &dyn Store, user: UserId, number: &str, profile: Option<&StagedProfile>) {
    let mut work = store.begin().await.unwrap();
    let number = phone_number(number);
    let noted = work
        .users()
        .stage_phone_number(user, &number, profile)
        .await;
    work.commit().await.unwrap();
    assert!(noted.unwrap());
}

/// Moves an account in a unit of work of its own, and rolls it back when that is refused.
async fn move_to(store: &dyn Store, user: UserId, number: &str) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    let number = phone_number(number);
    match work.users().move_to_phone_number(user, &number).await {
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

/// Gives an anonymous user a number in a unit of work of its own, and rolls it back when that is
/// refused.
async fn become_reachable(
    store: &dyn Store,
    user: UserId,
    number: &str,
) -> Result<bool, StoreError> {
    let changes = Deanonymization {
        contact: Contact::PhoneNumber(phone_number(number)),
        password_hash: None,
        ..deanonymization("ada")
    };
    let mut work = store.begin().await?;
    match work.users().deanonymize(user, &changes).await {
        Ok(done) => {
            work.commit().await?;
            Ok(done)
        }
        Err(refused) => {
            work.rollback().await?;
            Err(refused)
        }
    }
}
