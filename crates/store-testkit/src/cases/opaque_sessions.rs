//! Opaque sessions of the legacy generation.

use auth_domain::{
    ports::Store,
    user::{NewUser, Role},
};

use crate::{
    Fixture,
    samples::{LIFE, at, just_before, new_user, opaque_session, role, session_hash, user_id},
    steps::{given_opaque_session, given_user, opened_by},
};

/// The token finds its own user with their roles.
pub async fn opaque_session_leads_to_its_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let with_roles = NewUser {
        roles: vec![role("me"), Role::user()],
        ..new_user("ada")
    };
    let ada = given_user(&*store, with_roles).await;
    let eve = given_user(&*store, new_user("eve")).await;
    given_opaque_session(&*store, &opaque_session("ada's", ada.id)).await;
    given_opaque_session(&*store, &opaque_session("eve's", eve.id)).await;

    assert_eq!(opened_by(&*store, "ada's").await, Some(ada));

    assert_eq!(opened_by(&*store, "eve's").await, Some(eve));
}

/// A user may have several sessions; ending one leaves the others.
pub async fn opaque_sessions_of_one_user_end_one_by_one(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    for name in ["phone", "laptop"] {
        given_opaque_session(&*store, &opaque_session(name, ada.id)).await;
    }

    assert!(end(&*store, "phone").await);

    assert_eq!(opened_by(&*store, "phone").await, None);
    assert_eq!(opened_by(&*store, "laptop").await, Some(ada));
}

/// A session ends once; there is nothing left to end afterwards.
pub async fn opaque_session_ends_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;
    given_opaque_session(&*store, &opaque_session("phone", user_id("ada"))).await;

    assert!(end(&*store, "phone").await);
    assert!(!end(&*store, "phone").await);
}

/// A session ends at the very moment it expires, and its use does not prolong it.
pub async fn opaque_session_is_over_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_opaque_session(&*store, &opaque_session("phone", ada.id)).await;
    let hash = session_hash("phone");

    let last_moment = store.find_opaque_session(&hash, just_before(at(LIFE)));
    assert_eq!(last_moment.await.unwrap(), Some(ada));

    for now in [at(LIFE), at(LIFE + 1)] {
        let expired = store.find_opaque_session(&hash, now);
        assert_eq!(expired.await.unwrap(), None, "{now}");
    }
}

/// A token that was never issued finds no user and ends nothing.
pub async fn unknown_opaque_session_leads_nowhere(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_opaque_session(&*store, &opaque_session("phone", ada.id)).await;

    assert_eq!(opened_by(&*store, "tablet").await, None);

    assert!(!end(&*store, "tablet").await);
    assert_eq!(opened_by(&*store, "phone").await, Some(ada));
}

/// The domain decides whether a disabled user may go on, so the store finds them.
pub async fn opaque_session_leads_to_a_disabled_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let disabled = NewUser {
        disabled: true,
        ..new_user("ada")
    };
    let ada = given_user(&*store, disabled).await;
    given_opaque_session(&*store, &opaque_session("phone", ada.id)).await;

    assert_eq!(opened_by(&*store, "phone").await, Some(ada));
}

/// Ends an opaque session; `false` when there was none.
async fn end(store: &dyn Store, name: &str) -> bool {
    let mut work = store.begin().await.unwrap();
    let sessions = work.sessions();
    let ended = sessions.end_opaque_session(&session_hash(name)).await;
    work.commit().await.unwrap();
    ended.unwrap()
}
