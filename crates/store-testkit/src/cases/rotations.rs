//! Rotations of refresh tokens, and what is remembered of earlier tokens.

use std::time::Duration;

use auth_domain::{
    ports::{RefreshGate, RefreshRotation, RefreshTokenTrace, Store},
    session::AuthMethod,
    user::{NewUser, User},
};
use chrono::TimeDelta;

use crate::{
    Fixture,
    samples::{
        LIFE, at, just_before, new_user, personal_access_token, refresh_hash, refresh_token,
        rotation, rotation_at, session_id,
    },
    steps::{
        given_refresh_token, given_rotation, given_session, given_user, is_live, rotate, trace,
        trace_at, try_to_end,
    },
};

/// A rotation returns the session, which keeps its id, and its user with their roles.
pub async fn rotation_returns_session_and_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    for (from, to) in [("first", "second"), ("second", "third")] {
        let rotated = rotate(&*store, &rotation(from, to)).await.unwrap();

        assert_eq!(rotated.id, session_id("first"));
        assert_eq!(rotated.user, user);
    }
}

/// Reuse of a token (replay) rotates nothing and does not harm its successor.
pub async fn refresh_token_is_single_use(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_session(&*store, "first").await;
    given_rotation(&*store, &rotation("first", "second")).await;

    let again = rotate(&*store, &rotation("first", "other")).await;

    assert_eq!(again, None);
    assert!(is_live(&*store, "second").await);
    assert!(!is_live(&*store, "first").await);
    assert_eq!(trace(&*store, "other").await, RefreshTokenTrace::Unknown);
}

/// A rotation changes one session: the user's others stay as they are.
pub async fn rotation_leaves_other_sessions_alone(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "phone").await;
    given_refresh_token(&*store, &refresh_token("laptop", user.id)).await;

    given_rotation(&*store, &rotation("phone", "phone 2")).await;

    assert!(is_live(&*store, "phone 2").await);
    assert!(is_live(&*store, "laptop").await);
}

/// A token can be rotated until the last moment before it expires, and not at that moment.
pub async fn expired_refresh_token_is_not_rotated(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    let in_time = RefreshRotation {
        now: just_before(at(LIFE)),
        ..rotation("first", "second")
    };

    assert!(rotate(&*store, &in_time).await.is_some());
    assert_refused(&*store, &rotation_at(LIFE, "other", "next")).await;
}

/// A rotation gives the session a new end, which may be later or earlier than the old one.
pub async fn rotation_sets_a_new_expiry(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    let prolonged = rotation_at(LIFE - 1, "first", "second");
    let shortened = RefreshRotation {
        expires_at: at(90),
        ..rotation("other", "next")
    };

    for rotation in [prolonged, shortened] {
        given_rotation(&*store, &rotation).await;
        assert_lives_until_its_end(&*store, &rotation).await;
    }
}

/// A personal access token is neither rotated nor traced as a session.
pub async fn personal_access_token_is_never_rotated(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_user(&*store, new_user("ada")).await;
    given_refresh_token(&*store, &personal_access_token("pat", user.id)).await;

    let rotated = rotate(&*store, &rotation("pat", "next")).await;

    assert_eq!(rotated, None);
    assert_eq!(trace(&*store, "pat").await, RefreshTokenTrace::Unknown);
    assert_eq!(trace(&*store, "next").await, RefreshTokenTrace::Unknown);
    // It still exists: it can be ended.
    assert!(try_to_end(&*store, session_id("pat")).await.unwrap());
}

/// A disabled user's token is not rotated, although it is live.
pub async fn disabled_users_token_is_never_rotated(fixture: &dyn Fixture) {
    let store = fixture.store();
    let disabled = NewUser {
        disabled: true,
        ..new_user("ada")
    };
    let user = given_user(&*store, disabled).await;
    given_refresh_token(&*store, &refresh_token("first", user.id)).await;

    assert_refused(&*store, &rotation("first", "second")).await;
    assert_refused(&*store, &asking_for_verified_email("first", "second")).await;

    // The trace has the user, so that the domain can name the reason.
    let live = RefreshTokenTrace::Live { user };
    assert_eq!(trace(&*store, "first").await, live);
}

/// A gate for verified addresses refuses an unverified user; an open gate lets them pass.
pub async fn unverified_user_passes_only_the_open_gate(fixture: &dyn Fixture) {
    let store = fixture.store();
    let unverified = NewUser {
        email_verified: false,
        ..new_user("ada")
    };
    let user = given_user(&*store, unverified).await;
    given_refresh_token(&*store, &refresh_token("first", user.id)).await;

    assert_refused(&*store, &asking_for_verified_email("first", "second")).await;

    let rotated = rotate(&*store, &rotation("first", "second")).await;
    assert!(rotated.is_some());
}

/// A user without an address has nothing to verify, unless they are anonymous.
pub async fn user_without_an_address_has_nothing_to_verify(fixture: &dyn Fixture) {
    let store = fixture.store();
    let without_address = |name| NewUser {
        email: None,
        email_verified: false,
        ..new_user(name)
    };
    let known = given_user(&*store, without_address("ada")).await;
    let anonymous = NewUser {
        is_anonymous: true,
        ..without_address("bob")
    };
    let anonymous = given_user(&*store, anonymous).await;
    given_refresh_token(&*store, &refresh_token("known", known.id)).await;
    given_refresh_token(&*store, &refresh_token("anonymous", anonymous.id)).await;

    let passed = rotate(&*store, &asking_for_verified_email("known", "next")).await;

    assert!(passed.is_some());
    assert_refused(&*store, &asking_for_verified_email("anonymous", "other")).await;
}

/// A user with a verified address passes both gates.
pub async fn verified_user_passes_either_gate(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_session(&*store, "first").await;
    let closed = asking_for_verified_email("first", "second");
    let open = rotation("second", "third");

    for rotation in [closed, open] {
        assert!(rotate(&*store, &rotation).await.is_some());
    }
}

/// A refused rotation leaves the expiry as it was, so refusals cannot keep a session alive.
pub async fn refused_rotation_does_not_prolong_the_session(fixture: &dyn Fixture) {
    let store = fixture.store();
    let unverified = NewUser {
        email_verified: false,
        ..new_user("ada")
    };
    let user = given_user(&*store, unverified).await;
    given_refresh_token(&*store, &refresh_token("first", user.id)).await;

    assert_refused(&*store, &asking_for_verified_email("first", "second")).await;

    let expired = trace_at(&*store, &refresh_hash("first"), at(LIFE)).await;
    assert_eq!(expired, RefreshTokenTrace::Unknown);
}

/// A rotated token is traced to its session, with its user and the current hash.
pub async fn rotated_token_is_superseded(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    given_rotation(&*store, &rotation("first", "second")).await;

    assert_superseded(&trace(&*store, "first").await, "second", &user);
    let live = RefreshTokenTrace::Live { user };
    assert_eq!(trace(&*store, "second").await, live);
}

/// The age of a rotation counts from the rotation itself, by the store's clock: not from the
/// request, which may have waited for a stalled database.
pub async fn age_of_a_rotation_counts_from_the_rotation(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    let asked_for_long_ago = rotation_at(1, "first", "second");
    given_rotation(&*store, &asked_for_long_ago).await;

    let seen = trace_at(&*store, &refresh_hash("first"), at(LIFE)).await;
    assert_superseded(&seen, "second", &user);
}

/// After any number of rotations, each predecessor is traced to the current hash.
pub async fn oldest_ancestor_is_traced_to_the_current_token(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;

    given_rotation(&*store, &rotation_at(61, "first", "second")).await;
    given_rotation(&*store, &rotation_at(72, "second", "third")).await;
    given_rotation(&*store, &rotation_at(83, "third", "fourth")).await;

    for name in ["first", "second", "third"] {
        assert_superseded(&trace(&*store, name).await, "fourth", &user);
    }
}

/// Predecessors of an expired session are as unknown as its current token.
pub async fn predecessors_are_unknown_once_the_session_expired(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    let rotation = rotation("first", "second");
    given_rotation(&*store, &rotation).await;
    let (hash, end) = (rotation.presented, rotation.expires_at);

    let last_moment = trace_at(&*store, &hash, just_before(end)).await;
    assert_superseded(&last_moment, "second", &user);

    let expired = trace_at(&*store, &hash, end).await;
    assert_eq!(expired, RefreshTokenTrace::Unknown);
}

/// A predecessor that was rotated within the time to remember it is remembered.
pub async fn predecessors_within_the_limit_are_remembered(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_rotation(&*store, &rotation_at(61, "first", "second")).await;
    given_rotation(&*store, &rotation_at(62, "second", "third")).await;

    let remembering = remembering_for(Duration::from_mins(1), "third", "fourth");
    given_rotation(&*store, &remembering).await;

    for name in ["first", "second", "third"] {
        assert_superseded(&trace(&*store, name).await, "fourth", &user);
    }
}

/// An older predecessor is unknown or still traced rightly, but never live and never rotated.
pub async fn predecessor_before_the_limit_may_be_forgotten(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_rotation(&*store, &rotation_at(61, "first", "second")).await;

    let forgetting = remembering_for(Duration::ZERO, "second", "third");
    given_rotation(&*store, &forgetting).await;

    let first = trace(&*store, "first").await;
    if first != RefreshTokenTrace::Unknown {
        assert_superseded(&first, "third", &user);
    }
    assert_eq!(rotate(&*store, &rotation("first", "other")).await, None);
    assert!(is_live(&*store, "third").await);
}

/// Deleting predecessors concerns the rotated session: those of others are remembered.
pub async fn forgetting_concerns_one_session(fixture: &dyn Fixture) {
    let store = fixture.store();
    let user = given_session(&*store, "first").await;
    given_refresh_token(&*store, &refresh_token("other", user.id)).await;
    given_rotation(&*store, &rotation_at(61, "first", "second")).await;

    let forgetting = remembering_for(Duration::ZERO, "other", "next");
    given_rotation(&*store, &forgetting).await;

    assert_superseded(&trace(&*store, "first").await, "second", &user);
}

/// A rotation that asks for a verified address.
fn asking_for_verified_email(from: &str, to: &str) -> RefreshRotation {
    RefreshRotation {
        gate: RefreshGate {
            verified_email: true,
        },
        ..rotation(from, to)
    }
}

/// A rotation at second 90 that remembers predecessors for another time.
fn remembering_for(time: Duration, from: &str, to: &str) -> RefreshRotation {
    RefreshRotation {
        remember_for: time,
        ..rotation_at(90, from, to)
    }
}

/// Fails unless a predecessor in the session `first` is traced, and was rotated just now: none of these
/// cases takes a minute.
fn assert_superseded(seen: &RefreshTokenTrace, current: &str, user: &User) {
    let RefreshTokenTrace::Superseded { age, .. } = seen else {
        panic!("traced as {seen:?}");
    };
    assert!(age.abs() < TimeDelta::minutes(1), "rotated {age} ago");
    let expected = RefreshTokenTrace::Superseded {
        id: session_id("first"),
        age: *age,
        current: refresh_hash(current),
        user: user.clone(),
        methods: AuthMethod::Password.into(),
    };
    assert_eq!(*seen, expected);
}

/// Fails unless the rotation finds nothing and leaves the live token as it was.
async fn assert_refused(store: &dyn Store, refused: &RefreshRotation) {
    let before = trace_at(store, &refused.presented, at(120)).await;

    assert_eq!(rotate(store, refused).await, None);

    assert!(matches!(before, RefreshTokenTrace::Live { .. }));
    let after = trace_at(store, &refused.presented, at(120)).await;
    assert_eq!(after, before);
    let successor = trace_at(store, &refused.successor, at(120)).await;
    assert_eq!(successor, RefreshTokenTrace::Unknown);
}

/// Fails unless the successor is live to the last moment that the rotation gave it.
async fn assert_lives_until_its_end(store: &dyn Store, done: &RefreshRotation) {
    let last_moment = trace_at(store, &done.successor, just_before(done.expires_at)).await;
    assert!(matches!(last_moment, RefreshTokenTrace::Live { .. }));

    let expired = trace_at(store, &done.successor, done.expires_at).await;
    assert_eq!(expired, RefreshTokenTrace::Unknown);
}
