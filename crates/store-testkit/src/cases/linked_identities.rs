//! Linked identities: each leads to one account at most, and an account may have several.

use std::sync::Arc;

use auth_domain::{
    error::{StoreError, UniqueField},
    identity::{IdentityKey, NewLinkedIdentity, ProviderId},
    ports::{Store, UserLookup},
    user::{User, UserId},
};

use crate::{
    Fixture,
    samples::{identity_key, linked_identity, new_user, provider, user_id},
    steps::{all_at_once, assert_taken, commit, found, given_user, retried},
};

/// A user is found by the identity they are linked with, as they are.
pub async fn linked_user_is_found_by_their_identity(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    for name in ["ada", "eve"] {
        let user = given_user(&*store, new_user(name)).await;
        given_link(&*store, &linked_identity(name, user.id)).await;

        assert_eq!(holder(&*store, &identity_key(name)).await, Some(user));
    }
}

/// Another id, even one that only differs in case, and another provider's same id do not find the
/// user.
pub async fn linked_user_is_found_by_no_other_identity(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_user(&*store, new_user("eve")).await;
    given_link(&*store, &linked_identity("a'd_a", ada)).await;

    for subject in ["eve", "A'D_A", "a'd_A", "a'd-a", "a'd_", "a'd_a ", "%"] {
        let other = identity_key(subject);
        assert_eq!(holder(&*store, &other).await, None, "{subject:?}");
    }
    let elsewhere = IdentityKey {
        provider: provider("c:custom"),
        ..identity_key("a'd_a")
    };
    let unheard_of = IdentityKey {
        provider: provider("c:unheard-of"),
        ..identity_key("a'd_a")
    };
    for other in [elsewhere, unheard_of] {
        assert_eq!(holder(&*store, &other).await, None, "{other:?}");
    }
    assert!(holder(&*store, &identity_key("a'd_a")).await.is_some());
}

/// One account may be linked with the same id at two providers, and with two ids at one.
pub async fn user_may_have_several_identities(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await;
    let elsewhere = NewLinkedIdentity {
        key: IdentityKey {
            provider: provider("c:custom"),
            ..identity_key("first")
        },
        ..linked_identity("third", ada.id)
    };
    let links = [
        linked_identity("first", ada.id),
        linked_identity("second", ada.id),
        elsewhere,
    ];

    for link in &links {
        given_link(&*store, link).await;
    }

    for link in &links {
        assert_eq!(holder(&*store, &link.key).await.as_ref(), Some(&ada));
    }
}

/// An identity that is linked cannot be linked again, even with the same account.
pub async fn identity_is_linked_once(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await;
    let eve = given_user(&*store, new_user("eve")).await;
    given_link(&*store, &linked_identity("first", ada.id)).await;

    for user in [ada.id, eve.id] {
        let again = NewLinkedIdentity {
            key: identity_key("first"),
            ..linked_identity("second", user)
        };
        let refused = try_to_link(&*store, &again).await;
        assert_taken(&refused, UniqueField::Identity);
    }

    assert_eq!(holder(&*store, &identity_key("first")).await, Some(ada));
    // The refused attempts left nothing.
    given_link(&*store, &linked_identity("second", eve.id)).await;
    assert_eq!(holder(&*store, &identity_key("second")).await, Some(eve));
}

/// A linked identity belongs to a user who exists.
pub async fn link_of_an_unknown_user_is_refused(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;

    let refused = try_to_link(&*store, &linked_identity("lost", user_id("stranger"))).await;

    assert!(
        matches!(refused, Err(StoreError::Backend(_))),
        "{refused:?}"
    );
    assert_eq!(holder(&*store, &identity_key("lost")).await, None);
}

/// An identity of an unknown provider cannot be linked until the provider is added.
pub async fn link_with_an_unknown_provider_is_refused(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await;
    let key = IdentityKey {
        provider: provider("c:unheard-of"),
        ..identity_key("first")
    };
    let link = NewLinkedIdentity {
        key: key.clone(),
        ..linked_identity("first", ada.id)
    };

    let refused = try_to_link(&*store, &link).await;

    assert!(
        matches!(refused, Err(StoreError::Backend(_))),
        "{refused:?}"
    );
    assert_eq!(holder(&*store, &key).await, None);

    given_providers(&*store, &[provider("c:unheard-of")]).await;
    given_link(&*store, &link).await;
    assert_eq!(holder(&*store, &key).await, Some(ada));
}

/// A link that was rolled back does not exist.
pub async fn rolled_back_link_leads_nowhere(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await;

    let mut work = store.begin().await.unwrap();
    let link = linked_identity("first", ada);
    work.identities().link(&link).await.unwrap();
    work.rollback().await.unwrap();

    assert_eq!(holder(&*store, &identity_key("first")).await, None);
    given_link(&*store, &linked_identity("first", eve.id)).await;
    assert_eq!(holder(&*store, &identity_key("first")).await, Some(eve));
}

/// A new user is found by their identity in the same unit of work, and by others only after its
/// end.
pub async fn link_is_seen_within_its_unit_of_work(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let key = identity_key("first");
    let lookup = UserLookup::Identity(&key);

    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();
    let link = linked_identity("first", user_id("ada"));
    work.identities().link(&link).await.unwrap();
    let inside = work.users().find(lookup).await.unwrap();
    let outside = store.find_user(lookup).await.unwrap();
    work.commit().await.unwrap();

    assert_eq!(inside.map(|it| it.id), Some(user_id("ada")));
    assert_eq!(outside, None);
    assert_eq!(holder_id(&*store, &key).await, Some(user_id("ada")));
}

/// Of twenty accounts that are linked with one identity at the same moment, one is, and the others
/// learn that it is taken.
pub async fn parallel_links_of_one_identity_have_one_winner(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let names: Vec<_> = (0..20).map(|number| format!("user-{number}")).collect();
    for name in &names {
        given_user(&*store, new_user(name)).await;
    }

    let outcomes = all_at_once(names.into_iter().map(|name| {
        let store = Arc::clone(&store);
        async move {
            let user = user_id(&name);
            let link = NewLinkedIdentity {
                key: identity_key("first"),
                ..linked_identity(&name, user)
            };
            (user, retried(|| try_to_link(&*store, &link)).await)
        }
    }))
    .await;

    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(_, it)| it.is_ok());
    let winners: Vec<_> = won.into_iter().map(|(user, _)| user).collect();
    for (_, refused) in lost {
        assert_taken(&refused, UniqueField::Identity);
    }
    let holder = holder_id(&*store, &identity_key("first")).await;
    assert_eq!(winners, Vec::from_iter(holder));
}

/// The identities of one user are removed, and no other's.
pub async fn forgetting_identities_spares_other_users(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    for (name, user) in [("a", ada), ("b", ada), ("c", eve)] {
        given_link(&*store, &linked_identity(name, user)).await;
    }

    forget(&*store, ada).await;

    for (name, expected) in [("a", None), ("b", None), ("c", Some(eve))] {
        let holder = holder_id(&*store, &identity_key(name)).await;
        assert_eq!(holder, expected, "{name}");
    }
    // Idempotent: there is nothing left to remove.
    forget(&*store, ada).await;
    forget(&*store, user_id("stranger")).await;
    assert_eq!(holder_id(&*store, &identity_key("c")).await, Some(eve));
}

/// A removed identity can be linked with another account.
pub async fn forgotten_identity_can_be_linked_again(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_link(&*store, &linked_identity("first", ada)).await;

    forget(&*store, ada).await;
    given_link(&*store, &linked_identity("first", eve)).await;

    assert_eq!(holder_id(&*store, &identity_key("first")).await, Some(eve));
}

/// Idempotent: adding providers that exist, or none, or one twice, is no error; and links stay.
pub async fn ensuring_providers_is_harmless_when_repeated(fixture: &dyn Fixture) {
    let store = store_with_providers(fixture).await;
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_link(&*store, &linked_identity("first", ada)).await;
    let twice = ["c:new", "github", "c:new"].map(provider);

    for providers in [&[][..], &twice, &twice] {
        given_providers(&*store, providers).await;
    }

    assert_eq!(holder_id(&*store, &identity_key("first")).await, Some(ada));
    assert_can_be_linked(&*store, ada, &twice[..1]).await;
}

/// Servers that start together, each with the providers in another order, do not deadlock, and all
/// providers are added.
pub async fn parallel_ensures_of_the_same_providers_all_succeed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let providers = ["github", "c:custom", "google", "c:new", "apple"].map(provider);

    let outcomes = all_at_once((0..20).map(|number| {
        let store = Arc::clone(&store);
        let mut providers = providers.clone();
        providers.rotate_left(number % 5);
        async move { retried(|| try_to_ensure(&*store, &providers)).await }
    }))
    .await;

    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_can_be_linked(&*store, ada, &providers).await;
}

/// A store that holds the providers `github` and `c:custom`.
async fn store_with_providers(fixture: &dyn Fixture) -> Arc<dyn Store> {
    let store = fixture.store();
    given_providers(&*store, &["github", "c:custom"].map(provider)).await;
    store
}

async fn given_providers(store: &dyn Store, providers: &[ProviderId]) {
    try_to_ensure(store, providers).await.unwrap();
}

async fn try_to_ensure(store: &dyn Store, providers: &[ProviderId]) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.identities().ensure_providers(providers).await?;
    commit(work).await
}

async fn given_link(store: &dyn Store, link: &NewLinkedIdentity) {
    try_to_link(store, link).await.unwrap();
}

async fn try_to_link(store: &dyn Store, link: &NewLinkedIdentity) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    match work.identities().link(link).await {
        Ok(()) => commit(work).await,
        Err(refused) => {
            work.rollback().await?;
            Err(refused)
        }
    }
}

/// Fails unless a user can be linked with an identity at each of the providers.
async fn assert_can_be_linked(store: &dyn Store, user: UserId, providers: &[ProviderId]) {
    for provider in providers {
        let key = IdentityKey {
            provider: provider.clone(),
            ..identity_key("new")
        };
        let link = NewLinkedIdentity {
            key: key.clone(),
            ..linked_identity(provider.as_str(), user)
        };
        given_link(store, &link).await;
        assert_eq!(holder_id(store, &key).await, Some(user), "{provider}");
    }
}

/// The user of an identity, in a unit of work as well as without one.
async fn holder(store: &dyn Store, key: &IdentityKey) -> Option<User> {
    found(store, UserLookup::Identity(key)).await
}

async fn holder_id(store: &dyn Store, key: &IdentityKey) -> Option<UserId> {
    holder(store, key).await.map(|it| it.id)
}

async fn forget(store: &dyn Store, user: UserId) {
    let mut work = store.begin().await.unwrap();
    work.identities().forget_all_of(user).await.unwrap();
    work.commit().await.unwrap();
}
