//! Users: what is stored, how it is found, and what is unique.

use std::collections::BTreeSet;

use auth_domain::{
    error::UniqueField,
    ports::UserLookup,
    user::{HashedPassword, HasuraId, Locale, NewUser, Role},
};
use chrono::Timelike;
use serde_json::{Value, json};

use crate::{
    Fixture,
    samples::{at, deanonymization, email, new_user, new_user_called, role, user_id, username},
    steps::{assert_taken, exists, found, given_user, try_to_insert},
};

/// Every value of a user survives, also those that differ from the usual.
pub async fn user_comes_back_as_stored(fixture: &dyn Fixture) {
    let store = fixture.store();
    let unusual = NewUser {
        disabled: true,
        display_name: "Ada 李 😀, O'Hara".to_owned(),
        avatar_url: "https://example.com/ada.png?size=80".to_owned(),
        locale: Locale::parse("fr").unwrap(),
        email_verified: false,
        username: Some(username("Countess of Łódź")),
        default_role: role("me"),
        roles: vec![Role::anonymous(), role("me")],
        is_anonymous: true,
        metadata: Some(json!({"theme": "dark"})),
        ..new_user("ada")
    };
    let anonymous = NewUser {
        email: None,
        password_hash: None,
        ..new_user("eve")
    };

    for new_user in [unusual, anonymous] {
        let user = given_user(&*store, new_user).await;

        assert_eq!(found(&*store, UserLookup::Id(user.id)).await, Some(user));
    }
}

/// Lookups of absent users find none, even when there are others.
pub async fn absent_user_is_not_found(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;

    let (email, username) = (email("eve@example.com"), username("eve"));
    let lookups = [
        UserLookup::Id(user_id("eve")),
        UserLookup::Email(&email),
        UserLookup::Username(&username),
    ];
    for lookup in lookups {
        assert_eq!(found(&*store, lookup).await, None, "{lookup:?}");
    }
}

/// The case of an address does not matter for finding it, and its spelling is kept.
pub async fn email_is_found_in_any_case_and_keeps_its_spelling(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = NewUser {
        email: Some(email("Ada.Lovelace@Example.com")),
        ..new_user("ada")
    };
    let ada = given_user(&*store, ada).await;

    for spelling in [
        "Ada.Lovelace@Example.com",
        "ada.lovelace@example.com",
        "ADA.LOVELACE@EXAMPLE.COM",
    ] {
        let email = email(spelling);
        let user = found(&*store, UserLookup::Email(&email)).await;

        // Equal in every value, so the address is in its original spelling.
        assert_eq!(user.as_ref(), Some(&ada), "{spelling}");
    }
}

/// Characters that are wildcards in SQL stand for themselves in an address.
pub async fn email_is_no_pattern(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;

    for pattern in ["a_a@example.com", "%@example.com", "a%@example.com"] {
        let email = email(pattern);

        assert_eq!(found(&*store, UserLookup::Email(&email)).await, None);
    }
}

/// Quotation marks in an address, a name or a lookup are text like any other.
pub async fn quotation_marks_are_text(fixture: &dyn Fixture) {
    let store = fixture.store();
    let name = username(r#"O'Hara "); --"#);
    let ada = NewUser {
        email: Some(email("o'hara@example.com")),
        username: Some(name.clone()),
        ..new_user("ada")
    };
    let ada = Some(given_user(&*store, ada).await);

    let email = email("O'Hara@example.com");
    assert_eq!(found(&*store, UserLookup::Email(&email)).await, ada);
    assert_eq!(found(&*store, UserLookup::Username(&name)).await, ada);
}

/// User names are case-sensitive, so two may differ in case alone.
pub async fn username_is_found_to_the_letter(fixture: &dyn Fixture) {
    let store = fixture.store();
    let [lower, upper, other] = ["ada", "Ada", "ADA"].map(username);
    let ada = given_user(&*store, new_user_called("ada", "first")).await;
    let namesake = given_user(&*store, new_user_called("Ada", "second")).await;

    assert_eq!(
        found(&*store, UserLookup::Username(&lower)).await,
        Some(ada)
    );
    assert_eq!(
        found(&*store, UserLookup::Username(&upper)).await,
        Some(namesake)
    );
    assert_eq!(found(&*store, UserLookup::Username(&other)).await, None);
}

/// An address that differs from another in case alone is taken.
pub async fn email_is_unique_in_any_case(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;

    for spelling in ["ada@example.com", "ADA@Example.COM"] {
        let impostor = NewUser {
            email: Some(email(spelling)),
            ..new_user("eve")
        };
        let outcome = try_to_insert(&*store, &impostor).await;

        assert_taken(&outcome, UniqueField::Email);
        assert!(!exists(&*store, impostor.id).await);
    }
}

/// A user name belongs to one user.
pub async fn username_is_unique(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user_called("ada", "first")).await;

    let impostor = new_user_called("ada", "second");
    let outcome = try_to_insert(&*store, &impostor).await;

    assert_taken(&outcome, UniqueField::Username);
    assert!(!exists(&*store, impostor.id).await);
}

/// An id belongs to one user, who is not replaced.
pub async fn user_id_is_unique(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    let impostor = NewUser {
        id: ada.id,
        ..new_user("eve")
    };
    let outcome = try_to_insert(&*store, &impostor).await;

    assert_taken(&outcome, UniqueField::Other);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// Any number of users may have neither address nor user name.
pub async fn many_users_may_lack_email_and_username(fixture: &dyn Fixture) {
    let store = fixture.store();
    for name in ["ada", "eve", "joe"] {
        let nameless = NewUser {
            email: None,
            ..new_user(name)
        };
        given_user(&*store, nameless).await;
    }

    for name in ["ada", "eve", "joe"] {
        assert!(exists(&*store, user_id(name)).await, "{name}");
    }
}

/// Each user gets a greater id for the legacy API than all before, and 1 stays the
/// administrator's.
pub async fn hasura_ids_start_at_two_and_grow(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut last = HasuraId(1);
    for name in ["ada", "eve", "joe"] {
        let user = given_user(&*store, new_user(name)).await;

        assert!(user.hasura_id > last, "{:?} after {last:?}", user.hasura_id);
        last = user.hasura_id;
    }
}

/// A refused insert does not reuse another user's id for the legacy API.
pub async fn hasura_ids_differ_after_a_refusal(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    let refused = try_to_insert(&*store, &new_user("ada")).await;
    let eve = given_user(&*store, new_user("eve")).await;

    let ids = BTreeSet::from([HasuraId(1), ada.hasura_id, eve.hasura_id]);
    assert!(refused.is_err());
    assert_eq!(ids.len(), 3, "{ids:?}");
}

/// Metadata that was never set, that was set to null, and an object stay apart.
pub async fn metadata_survives(fixture: &dyn Fixture) {
    let store = fixture.store();
    let nested = json!({
        "name": "Łukasz 😀",
        "nothing": null,
        "numbers": [0, -1, 1.5, 9_007_199_254_740_993_i64],
        "deep": {"": {"'": "\"\\"}},
    });
    let kinds = [
        ("unset", None),
        ("null", Some(Value::Null)),
        ("empty", Some(json!({}))),
        ("nested", Some(nested)),
    ];

    for (name, metadata) in kinds {
        let user = NewUser {
            metadata: metadata.clone(),
            ..new_user(name)
        };
        let id = given_user(&*store, user).await.id;
        let stored = found(&*store, UserLookup::Id(id)).await.unwrap();

        assert_eq!(stored.metadata, metadata, "{name}");
    }
}

/// A moment comes back with its microseconds.
pub async fn created_at_survives_to_the_microsecond(fixture: &dyn Fixture) {
    let store = fixture.store();
    let id = given_user(&*store, new_user("ada")).await.id;

    let stored = found(&*store, UserLookup::Id(id)).await.unwrap();

    assert_eq!(stored.created_at, at(0));
    assert_eq!(stored.created_at.nanosecond(), 123_456_000);
}

/// A new password replaces the old one, and no other user's.
pub async fn set_password_replaces_the_password(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, new_user("ada")).await;
    let eve = given_user(&*store, new_user("eve")).await;
    let hash = HashedPassword::new("another hash");

    let mut work = store.begin().await.unwrap();
    assert!(work.users().set_password(ada.id, &hash).await.unwrap());
    work.commit().await.unwrap();

    ada.password_hash = Some(hash);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// A user without a password can be given one.
pub async fn set_password_gives_a_first_password(fixture: &dyn Fixture) {
    let store = fixture.store();
    let without = NewUser {
        password_hash: None,
        ..new_user("ada")
    };
    let id = given_user(&*store, without).await.id;
    let hash = HashedPassword::new("a first hash");

    let mut work = store.begin().await.unwrap();
    assert!(work.users().set_password(id, &hash).await.unwrap());
    work.commit().await.unwrap();

    let stored = found(&*store, UserLookup::Id(id)).await.unwrap();
    assert_eq!(stored.password_hash, Some(hash));
}

/// A password that is removed is gone, and no other user's.
pub async fn clear_password_takes_the_password_away(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut ada = given_user(&*store, new_user("ada")).await;
    let eve = given_user(&*store, new_user("eve")).await;

    for _ in 0..2 {
        let mut work = store.begin().await.unwrap();
        assert!(work.users().clear_password(ada.id).await.unwrap());
        work.commit().await.unwrap();
    }

    ada.password_hash = None;
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// Updating the time a user was last seen changes nothing else, any number of times.
pub async fn touch_changes_nothing_else(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    for seconds in [1, 2, 2] {
        let mut work = store.begin().await.unwrap();
        assert!(work.users().touch(ada.id, at(seconds)).await.unwrap());
        work.commit().await.unwrap();
    }

    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// Changes to a user who does not exist report so, and create no user.
pub async fn changes_to_a_missing_user_report_false(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    let missing = user_id("eve");
    let hash = HashedPassword::new("another hash");
    let email = email("eve@example.com");
    let named = deanonymization("eve");

    let mut work = store.begin().await.unwrap();
    let users = work.users();
    assert!(!users.set_password(missing, &hash).await.unwrap());
    assert!(!users.clear_password(missing).await.unwrap());
    assert!(!users.set_email_verified(missing).await.unwrap());
    assert!(!users.set_new_email(missing, &email).await.unwrap());
    assert!(!users.move_to_new_email(missing).await.unwrap());
    assert!(!users.deanonymize(missing, &named).await.unwrap());
    assert!(!users.touch(missing, at(9)).await.unwrap());
    work.commit().await.unwrap();

    assert!(!exists(&*store, missing).await);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// A user has no security key until they register one.
pub async fn users_have_no_security_key_at_first(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    assert!(!store.has_security_key(ada).await.unwrap());
    assert!(!store.has_security_key(user_id("stranger")).await.unwrap());
}
