//! Roles: which exist, and which a user has.

use auth_domain::{
    error::StoreError,
    ports::UserLookup,
    user::{NewUser, Role},
};

use crate::{
    Fixture,
    samples::{new_user, opaque_session, refresh_token, role, rotation, user_id},
    steps::{
        exists, found, given_opaque_session, given_refresh_token, given_roles, given_user, is_live,
        opened_by, try_to_insert,
    },
};

/// The roles of every database of Hasura Auth can be assigned at once.
pub async fn fresh_store_holds_the_usual_roles(fixture: &dyn Fixture) {
    let store = fixture.store();
    let all = NewUser {
        roles: vec![Role::user(), Role::anonymous(), role("me")],
        ..new_user("ada")
    };

    assert!(try_to_insert(&*store, &all).await.is_ok());
}

/// A role that was added can be assigned.
pub async fn ensured_role_can_be_given(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_roles(&*store, &[role("editor")]).await;

    let editor = NewUser {
        default_role: role("editor"),
        roles: vec![role("editor")],
        ..new_user("ada")
    };
    let editor = given_user(&*store, editor).await;

    assert_eq!(
        found(&*store, UserLookup::Id(editor.id)).await,
        Some(editor)
    );
}

/// Idempotent: adding roles that exist, or none, or one twice, is no error; and users keep them.
pub async fn ensure_is_harmless_when_repeated(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    let twice = [role("editor"), Role::user(), role("editor")];

    for roles in [&[][..], &twice, &twice] {
        given_roles(&*store, roles).await;
    }

    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
    let editor = NewUser {
        roles: vec![role("editor")],
        ..new_user("eve")
    };
    assert!(try_to_insert(&*store, &editor).await.is_ok());
}

/// A user with a role that is not in the store is refused, whether it is assigned or the default,
/// and whether or not it only differs in case.
pub async fn unknown_role_is_refused(fixture: &dyn Fixture) {
    let store = fixture.store();
    let assigned = NewUser {
        roles: vec![Role::user(), role("wizard")],
        ..new_user("ada")
    };
    let default = NewUser {
        default_role: role("wizard"),
        ..new_user("ada")
    };
    let upper_case = NewUser {
        roles: vec![role("USER")],
        ..new_user("ada")
    };

    for user in [assigned, default, upper_case] {
        let outcome = try_to_insert(&*store, &user).await;

        assert!(
            matches!(outcome, Err(StoreError::UnknownRole)),
            "{outcome:?}"
        );
        assert!(!exists(&*store, user.id).await);
    }
}

/// A user's roles come back in the order in which they were assigned.
pub async fn roles_keep_their_order(fixture: &dyn Fixture) {
    let store = fixture.store();
    let roles = ["zebra", "ant", "me", "user"].map(role);
    given_roles(&*store, &roles).await;
    let mut reversed = roles.clone();
    reversed.reverse();

    for (name, roles) in [("ada", roles), ("eve", reversed)] {
        let user = NewUser {
            roles: roles.to_vec(),
            ..new_user(name)
        };
        let id = given_user(&*store, user).await.id;
        let stored = found(&*store, UserLookup::Id(id)).await.unwrap();

        assert_eq!(stored.roles, roles, "{name}");
    }
}

/// The default role is not one of the assigned roles unless it was assigned.
pub async fn default_role_is_not_assigned_by_itself(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = NewUser {
        default_role: role("me"),
        roles: vec![Role::user()],
        ..new_user("ada")
    };
    let id = given_user(&*store, ada).await.id;

    let stored = found(&*store, UserLookup::Id(id)).await.unwrap();

    assert_eq!(stored.default_role, role("me"));
    assert_eq!(stored.roles, [Role::user()]);
}

/// A user without roles is found, too: a join must not lose them.
pub async fn user_without_roles_is_found_everywhere(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = NewUser {
        roles: Vec::new(),
        ..new_user("ada")
    };
    let ada = given_user(&*store, ada).await;
    given_refresh_token(&*store, &refresh_token("first", user_id("ada"))).await;
    given_opaque_session(&*store, &opaque_session("opaque", user_id("ada"))).await;

    let email = ada.email.clone().unwrap();
    let by_email = found(&*store, UserLookup::Email(&email)).await;
    let by_opaque_session = opened_by(&*store, "opaque").await;
    let live = is_live(&*store, "first").await;
    let rotation = rotation("first", "second");
    let rotated = store.rotate_refresh_token(&rotation).await.unwrap();

    assert_eq!(by_email.as_ref(), Some(&ada));
    assert_eq!(by_opaque_session.as_ref(), Some(&ada));
    assert!(live);
    assert_eq!(rotated.map(|session| session.user), Some(ada));
}
