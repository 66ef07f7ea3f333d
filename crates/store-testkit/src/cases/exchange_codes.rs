//! Exchange codes: each is taken once (replay).

use std::sync::Arc;

use auth_domain::{
    ports::Store,
    session::{AuthMethod, AuthMethods, StoredExchangeCode},
};

use crate::{
    Fixture,
    samples::{LIFE, at, exchange_code_hash, just_before, new_exchange_code, new_user},
    steps::{all_at_once, given_exchange_code, given_user, retried, try_to_exchange},
};

/// Everything that was stored of a code comes back when it is taken.
pub async fn exchange_code_is_taken_as_it_was_stored(fixture: &dyn Fixture) {
    let store = fixture.store();
    for name in ["ada", "eve"] {
        let user = given_user(&*store, new_user(name)).await.id;
        given_exchange_code(&*store, &new_exchange_code(name, user)).await;
        let stored = new_exchange_code(name, user);

        assert_eq!(exchange(&*store, name).await, Some(stored));
    }
}

/// The code keeps the user's authentication methods, even if there are none.
pub async fn exchange_code_keeps_how_its_user_proved_themselves(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let provider = AuthMethods::from(AuthMethod::Provider);

    for (name, methods) in [
        ("none", AuthMethods::NONE),
        ("one", provider),
        ("two", provider.and(AuthMethod::OneTimePassword)),
    ] {
        let code = StoredExchangeCode {
            methods,
            ..new_exchange_code(name, ada)
        };
        given_exchange_code(&*store, &code).await;
        assert_eq!(exchange(&*store, name).await, Some(code));
    }
}

/// A code that was taken is not valid any more.
pub async fn exchange_code_is_taken_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_exchange_codes_of_ada(&*store, &["first"]).await;

    assert!(exchange(&*store, "first").await.is_some());

    assert_eq!(exchange(&*store, "first").await, None);
}

/// A code that was never issued is not valid.
pub async fn unknown_exchange_code_is_not_taken(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_exchange_codes_of_ada(&*store, &["first"]).await;

    assert_eq!(exchange(&*store, "second").await, None);

    assert!(exchange(&*store, "first").await.is_some());
}

/// A code is good until just before the moment it expires.
pub async fn exchange_code_is_good_until_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_exchange_codes_of_ada(&*store, &["first"]).await;

    let last_moment = just_before(at(LIFE));
    let taken = try_to_exchange(&*store, &exchange_code_hash("first"), last_moment).await;

    assert!(taken.unwrap().is_some());
}

/// A code is not valid from the very moment it expires.
pub async fn exchange_code_is_worthless_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_exchange_codes_of_ada(&*store, &["first", "second"]).await;

    for (name, now) in [("first", at(LIFE)), ("second", at(LIFE + 1))] {
        let taken = try_to_exchange(&*store, &exchange_code_hash(name), now).await;
        assert_eq!(taken.unwrap(), None, "{now}");
    }
}

/// A user may have several codes, and taking one leaves the others.
pub async fn exchange_codes_of_one_user_are_taken_one_by_one(fixture: &dyn Fixture) {
    let store = fixture.store();
    let names = ["first", "second", "third"];
    given_exchange_codes_of_ada(&*store, &names).await;

    for name in names {
        assert!(exchange(&*store, name).await.is_some(), "{name}");
    }
}

/// Of fifty concurrent calls with one code, one gets it.
pub async fn parallel_takes_of_one_exchange_code_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_exchange_codes_of_ada(&*store, &["first"]).await;

    let taken = exchange_in_parallel(store, vec!["first"; 50]).await;

    assert_eq!(taken.iter().flatten().count(), 1, "{taken:?}");
}

/// Different codes of one user do not block each other.
pub async fn parallel_takes_of_different_exchange_codes_all_succeed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    given_exchange_codes_of_ada(&*store, &names).await;

    let taken = exchange_in_parallel(store, names.to_vec()).await;

    assert!(taken.iter().all(Option::is_some), "{taken:?}");
}

/// Stores `ada` with codes that have [`LIFE`].
async fn given_exchange_codes_of_ada(store: &dyn Store, names: &[&str]) {
    let ada = given_user(store, new_user("ada")).await.id;
    for name in names {
        given_exchange_code(store, &new_exchange_code(name, ada)).await;
    }
}

/// Takes a code one minute after samples are made; `None` if it is not valid.
async fn exchange(store: &dyn Store, name: &str) -> Option<StoredExchangeCode> {
    let taken = try_to_exchange(store, &exchange_code_hash(name), at(60)).await;
    taken.unwrap()
}

async fn exchange_in_parallel(
    store: Arc<dyn Store>,
    names: Vec<&'static str>,
) -> Vec<Option<StoredExchangeCode>> {
    let outcomes = all_at_once(names.into_iter().map(|name| {
        let store = Arc::clone(&store);
        async move {
            let hash = exchange_code_hash(name);
            retried(|| try_to_exchange(&*store, &hash, at(60))).await
        }
    }))
    .await;
    outcomes.into_iter().map(Result::unwrap).collect()
}
