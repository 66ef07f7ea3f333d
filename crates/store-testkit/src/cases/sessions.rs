//! Sessions of the modern generation: how they begin and end.

use auth_domain::{
    DateTime, Utc,
    error::UniqueField,
    ports::{EndedSessions, RefreshTokenTrace, Store},
    session::StoredRefreshToken,
    user::{User, UserId},
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, just_before, new_user, opaque_session, personal_access_token, refresh_hash,
        refresh_token, rotation, session_id, user_id,
    },
    steps::{
        assert_taken, given_opaque_session, given_refresh_token, given_rotation, given_session,
        given_user, is_live, opened_by, rotate, trace, trace_at, try_to_end, try_to_end_all,
        try_to_end_by_token,
    },
};

/// A token that was never issued is unknown, is not rotated and ends nothing.
pub async fn unknown_refresh_token_does_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_session(&*store, "known").await;

    let rotated = rotate(&*store, &rotation("unknown", "next")).await;
    let ended_by_token = try_to_end_by_token(&*store, "unknown").await.unwrap();
    let ended_by_id = try_to_end(&*store, session_id("unknown")).await.unwrap();

    assert_eq!(rotated, None);
    assert!(!ended_by_token);
    assert!(!ended_by_id);
    assert_eq!(trace(&*store, "unknown").await, RefreshTokenTrace::Unknown);
    assert_eq!(trace(&*store, "next").await, RefreshTokenTrace::Unknown);
    assert!(is_live(&*store, "known").await);
}

/// A stored token is live and finds its user with their roles.
pub async fn stored_refresh_token_is_live(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    let live = RefreshTokenTrace::Live { user };
    assert_eq!(trace(&*store, "first").await, live);
}

/// The id of a session is not given to a second one.
pub async fn session_id_is_unique(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    let second = StoredRefreshToken {
        id: session_id("first"),
        ..refresh_token("second", user.id)
    };

    let mut work = store.begin().await.unwrap();
    let outcome = work.sessions().insert_refresh_token(&second).await;
    work.rollback().await.unwrap();

    assert_taken(&outcome, UniqueField::Other);
    assert!(is_live(&*store, "first").await);
    assert_eq!(trace(&*store, "second").await, RefreshTokenTrace::Unknown);
}

/// A token stops being live at the very moment it expires.
pub async fn refresh_token_is_unknown_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    let last_moment = trace_at(&*store, &refresh_hash("first"), just_before(at(LIFE))).await;
    assert_eq!(last_moment, RefreshTokenTrace::Live { user });

    let expired = trace_at(&*store, &refresh_hash("first"), at(LIFE)).await;
    assert_eq!(expired, RefreshTokenTrace::Unknown);
}

/// Ending a session deletes all that is remembered of its tokens, and leaves others alone.
pub async fn ended_session_leaves_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    given_rotation(&*store, &rotation("first", "second")).await;
    given_rotation(&*store, &rotation("second", "third")).await;

    assert!(try_to_end(&*store, session_id("first")).await.unwrap());

    for name in ["first", "second", "third"] {
        assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
        assert_eq!(rotate(&*store, &rotation(name, "next")).await, None);
    }
    assert!(is_live(&*store, "other").await);
}

/// A session ends once; there is nothing left to end afterwards.
pub async fn session_ends_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;

    assert!(try_to_end(&*store, session_id("first")).await.unwrap());
    assert!(!try_to_end(&*store, session_id("first")).await.unwrap());

    assert!(try_to_end_by_token(&*store, "other").await.unwrap());
    assert!(!try_to_end_by_token(&*store, "other").await.unwrap());
}

/// The current token ends its session and all that is remembered of it, and no other session.
pub async fn current_token_ends_its_session(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    given_rotation(&*store, &rotation("first", "second")).await;

    assert!(try_to_end_by_token(&*store, "second").await.unwrap());

    for name in ["first", "second"] {
        assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
    }
    assert!(is_live(&*store, "other").await);
}

/// A token that was rotated still names its session: signing out with it ends the session.
pub async fn superseded_token_ends_its_session_too(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    given_rotation(&*store, &rotation("first", "second")).await;
    given_rotation(&*store, &rotation("second", "third")).await;

    assert!(try_to_end_by_token(&*store, "first").await.unwrap());

    for name in ["first", "second", "third"] {
        assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
    }
    assert!(is_live(&*store, "other").await);
}

/// Ending all sessions of a user ends every kind, counts sessions and not tokens, and leaves
/// nothing of them to trace.
pub async fn ending_all_sessions_ends_every_kind(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_sessions_of_every_kind(&*store, "ada").await;
    given_rotation(&*store, &rotation("ada phone", "ada phone 2")).await;

    assert_eq!(end_all(&*store, ada, EndedSessions::All).await, 4);

    for name in ["ada phone", "ada phone 2", "ada laptop"] {
        assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
    }
    assert!(!try_to_end(&*store, session_id("ada pat")).await.unwrap());
    assert_eq!(opened_by(&*store, "ada opaque").await, None);
    assert_eq!(end_all(&*store, ada, EndedSessions::All).await, 0);
}

/// Personal access tokens can be spared, and nothing else is.
pub async fn ending_all_sessions_can_spare_personal_access_tokens(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_sessions_of_every_kind(&*store, "ada").await;
    let sparing = EndedSessions::AllButPersonalAccessTokens;

    assert_eq!(end_all(&*store, ada, sparing).await, 3);

    for name in ["ada phone", "ada laptop"] {
        assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
    }
    assert_eq!(opened_by(&*store, "ada opaque").await, None);
    assert_eq!(end_all(&*store, ada, sparing).await, 0);
    assert!(try_to_end(&*store, session_id("ada pat")).await.unwrap());
}

/// The sessions of other users go on.
pub async fn ending_all_sessions_spares_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_sessions_of_every_kind(&*store, "ada").await;
    given_sessions_of_every_kind(&*store, "eve").await;
    given_rotation(&*store, &rotation("eve phone", "eve phone 2")).await;

    for which in [
        EndedSessions::AllButPersonalAccessTokens,
        EndedSessions::All,
    ] {
        end_all(&*store, ada, which).await;
    }

    assert!(is_live(&*store, "eve laptop").await);
    assert!(matches!(
        trace(&*store, "eve phone").await,
        RefreshTokenTrace::Superseded { .. }
    ));
    assert!(opened_by(&*store, "eve opaque").await.is_some());
    assert!(try_to_end(&*store, session_id("eve pat")).await.unwrap());
}

/// A user without sessions has none to end, and neither has an unknown one.
pub async fn ending_all_sessions_of_an_unknown_user_counts_none(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;

    for user in [ada.id, user_id("eve")] {
        assert_eq!(end_all(&*store, user, EndedSessions::All).await, 0);
    }
}

/// A user with two regular refresh tokens, a personal access token and an opaque session.
async fn given_sessions_of_every_kind(store: &dyn Store, name: &str) -> UserId {
    let user = given_user(store, new_user(name)).await.id;
    for device in ["phone", "laptop"] {
        given_refresh_token(store, &refresh_token(&format!("{name} {device}"), user)).await;
    }
    given_refresh_token(store, &personal_access_token(&format!("{name} pat"), user)).await;
    given_opaque_session(store, &opaque_session(&format!("{name} opaque"), user)).await;
    user
}

/// Ends sessions of a user; returns how many.
async fn end_all(store: &dyn Store, user: UserId, which: EndedSessions) -> u64 {
    try_to_end_all(store, user, which).await.unwrap()
}

/// A personal access token finds its user any number of times.
pub async fn personal_access_token_leads_to_its_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_refresh_token(&*store, &personal_access_token("script", ada.id)).await;

    assert_eq!(owner_of(&*store, "script", at(1)).await, Some(ada.clone()));
    assert_eq!(owner_of(&*store, "script", at(2)).await, Some(ada));
}

/// A regular refresh token, and one that was never issued, are none.
pub async fn other_tokens_are_no_personal_access_tokens(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_refresh_token(&*store, &refresh_token("phone", ada)).await;

    for name in ["phone", "unknown"] {
        assert_eq!(owner_of(&*store, name, at(1)).await, None, "{name}");
    }
}

/// A personal access token is not valid from the very moment it expires, but before.
pub async fn personal_access_token_is_over_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_refresh_token(&*store, &personal_access_token("script", ada)).await;

    for now in [at(LIFE), at(LIFE + 1)] {
        assert_eq!(owner_of(&*store, "script", now).await, None, "{now}");
    }
    let last_moment = just_before(at(LIFE));
    assert!(owner_of(&*store, "script", last_moment).await.is_some());
}

/// A personal access token may have metadata.
pub async fn personal_access_token_may_have_metadata(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    let metadata = [("name".to_owned(), "nightly".into())]
        .into_iter()
        .collect();
    let token = StoredRefreshToken {
        metadata: Some(metadata),
        ..personal_access_token("script", ada.id)
    };
    given_refresh_token(&*store, &token).await;

    assert_eq!(owner_of(&*store, "script", at(1)).await, Some(ada));
}

async fn owner_of(store: &dyn Store, name: &str, now: DateTime<Utc>) -> Option<User> {
    let hash = refresh_hash(name);
    store.find_personal_access_token(&hash, now).await.unwrap()
}
