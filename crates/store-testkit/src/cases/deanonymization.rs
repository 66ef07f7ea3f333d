//! Anonymous users who get an address or a number.

use std::sync::Arc;

use auth_domain::{
    error::{StoreError, UniqueField},
    ports::{Contact, Deanonymization, Store, UserLookup},
    user::{Locale, NewUser, Role, User, UserId},
};
use serde_json::{Value, json};

use crate::{
    Fixture,
    samples::{anonymous_user, deanonymization, email, new_user, role},
    steps::{all_at_once, assert_taken, found, given_roles, given_user, retried},
};

/// Everything in the change is applied, and everything else stays.
pub async fn anonymous_user_becomes_what_is_told(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, anonymous_user("ada")).await;
    let eve = given_user(&*store, anonymous_user("eve")).await;
    let changes = Deanonymization {
        contact: Contact::Email(email("Ada@Example.com")),
        avatar_url: "https://example.com/ada.png".to_owned(),
        locale: Locale::parse("fr").unwrap(),
        default_role: role("me"),
        metadata: json!({"theme": "dark"}).as_object().cloned(),
        ..deanonymization("ada")
    };

    assert!(deanonymize(&*store, ada.id, &changes).await.unwrap());

    let named = becoming(ada, changes);
    assert_eq!(found(&*store, UserLookup::Id(named.id)).await, Some(named));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// What the change leaves out is empty afterwards, whatever the anonymous user had.
pub async fn deanonymized_user_may_lack_password_and_metadata(fixture: &dyn Fixture) {
    let store = fixture.store();
    let anonymous = NewUser {
        password_hash: new_user("ada").password_hash,
        email_verified: true,
        metadata: Some(json!({"cart": 3})),
        ..anonymous_user("ada")
    };
    let ada = given_user(&*store, anonymous).await;
    let changes = Deanonymization {
        password_hash: None,
        ..deanonymization("ada")
    };

    assert!(deanonymize(&*store, ada.id, &changes).await.unwrap());

    let named = becoming(ada, changes);
    assert_eq!(named.metadata, None);
    assert_eq!(found(&*store, UserLookup::Id(named.id)).await, Some(named));
}

/// The new roles replace the old ones, in their order.
pub async fn deanonymized_user_has_the_new_roles_in_order(fixture: &dyn Fixture) {
    let store = fixture.store();
    let roles = ["zebra", "user", "aardvark", "me"].map(role);
    given_roles(&*store, &roles).await;
    let anonymous = NewUser {
        roles: vec![Role::anonymous(), role("me")],
        ..anonymous_user("ada")
    };
    let ada = given_user(&*store, anonymous).await.id;
    let changes = Deanonymization {
        roles: roles.to_vec(),
        ..deanonymization("ada")
    };

    assert!(deanonymize(&*store, ada, &changes).await.unwrap());

    let named = found(&*store, UserLookup::Id(ada)).await.unwrap();
    assert_eq!(named.roles, roles);
}

/// A user who is not anonymous is left alone.
pub async fn user_with_a_name_is_not_deanonymized(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    let outcome = deanonymize(&*store, ada.id, &deanonymization("countess")).await;

    assert!(!outcome.unwrap());
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// An address that belongs to another user, in any spelling, changes nothing.
pub async fn user_is_not_deanonymized_with_a_taken_email(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, anonymous_user("ada")).await;
    let eve = given_user(&*store, new_user("eve")).await;
    let changes = Deanonymization {
        contact: Contact::Email(email("EVE@example.com")),
        ..deanonymization("ada")
    };

    let outcome = deanonymize(&*store, ada.id, &changes).await;

    assert_taken(&outcome, UniqueField::Email);
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    assert_eq!(found(&*store, UserLookup::Id(eve.id)).await, Some(eve));
}

/// A role the store does not hold changes nothing, be it assigned or the default one.
pub async fn user_is_not_deanonymized_with_an_unknown_role(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, anonymous_user("ada")).await;
    let assigned = Deanonymization {
        roles: vec![Role::user(), role("pirate")],
        ..deanonymization("ada")
    };
    let default = Deanonymization {
        default_role: role("pirate"),
        ..deanonymization("ada")
    };

    for changes in [assigned, default] {
        let outcome = deanonymize(&*store, ada.id, &changes).await;
        assert!(
            matches!(outcome, Err(StoreError::UnknownRole)),
            "{outcome:?}"
        );
    }

    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// Of ten concurrent deanonymizations of one user, one succeeds, as a whole.
pub async fn parallel_deanonymizations_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, anonymous_user("ada")).await;

    let outcomes = all_at_once((0..10).map(|number| {
        let (store, id) = (Arc::clone(&store), ada.id);
        let changes = deanonymization(&format!("name-{number}"));
        async move {
            let outcome = retried(|| deanonymize(&*store, id, &changes)).await;
            outcome.unwrap().then_some(changes)
        }
    }))
    .await;

    let mut winners: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let named = winners.pop().map(|changes| becoming(ada, changes)).unwrap();
    assert_eq!(found(&*store, UserLookup::Id(named.id)).await, Some(named));
}

fn becoming(user: User, changes: Deanonymization) -> User {
    let reached = match changes.contact {
        Contact::Email(email) => User {
            email: Some(email),
            email_verified: false,
            ..user
        },
        Contact::PhoneNumber(number) => User {
            phone_number: Some(number),
            phone_number_verified: true,
            ..user
        },
    };
    User {
        password_hash: changes.password_hash,
        display_name: changes.display_name,
        avatar_url: changes.avatar_url,
        locale: changes.locale,
        default_role: changes.default_role,
        roles: changes.roles,
        metadata: changes.metadata.map(Value::Object),
        is_anonymous: false,
        ..reached
    }
}

/// Deanonymizes a user in a unit of work of its own, and rolls it back when that is refused.
async fn deanonymize(
    store: &dyn Store,
    user: UserId,
    changes: &Deanonymization,
) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    match work.users().deanonymize(user, changes).await {
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
