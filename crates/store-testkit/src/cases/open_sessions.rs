//! Listing the sessions of a user, and ending them.

use auth_domain::{
    DateTime, Utc,
    ports::{EndedSessions, RefreshRotation, RefreshTokenTrace, Store},
    session::{
        AuthMethod, AuthMethods, Device, OpenSession, StoredOpaqueSession, StoredRefreshToken,
    },
    user::UserId,
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, device, just_before, new_user, opaque_session, personal_access_token,
        refresh_token, rotation_at, session_id, user_id,
    },
    steps::{
        given_opaque_session, given_refresh_token, given_rotation, given_user, is_live, opened_by,
        rotate, trace_at, try_to_end_all,
    },
};

/// Sessions of both generations are listed as they began, the newest first.
pub async fn sessions_are_listed_as_they_began(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let laptop = StoredRefreshToken {
        methods: AuthMethods::from(AuthMethod::Password).and(AuthMethod::OneTimePassword),
        ..refresh_token("laptop", ada)
    };
    let phone = StoredOpaqueSession {
        created_at: at(7),
        ..opaque_session("phone", ada)
    };
    given_refresh_token(&*store, &laptop).await;
    given_opaque_session(&*store, &phone).await;

    let listed = list(&*store, ada, at(60)).await;

    let of_laptop = OpenSession {
        id: session_id("laptop"),
        created_at: at(0),
        last_seen: at(0),
        methods: laptop.methods,
        device: laptop.device,
    };
    let of_phone = OpenSession {
        id: session_id("phone"),
        created_at: at(7),
        last_seen: at(7),
        methods: AuthMethods::NONE,
        device: phone.device,
    };
    assert_eq!(listed, [of_phone, of_laptop]);
}

/// A rotation updates time and device of a session, and not its authentication methods.
pub async fn rotation_tells_where_a_session_was_seen(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_refresh_token(&*store, &refresh_token("first", ada)).await;
    let abroad = RefreshRotation {
        device: device("Chromium", "203.0.113.5"),
        ..rotation_at(60, "first", "second")
    };

    let rotated = rotate(&*store, &abroad).await.unwrap();

    assert_eq!(rotated.methods, AuthMethod::Password.into());
    let seen = OpenSession {
        id: session_id("first"),
        created_at: at(0),
        last_seen: at(60),
        methods: AuthMethod::Password.into(),
        device: abroad.device.clone(),
    };
    assert_eq!(list(&*store, ada, at(61)).await, [seen]);
    let trace = trace_at(&*store, &abroad.presented, at(61)).await;
    assert!(
        matches!(trace, RefreshTokenTrace::Superseded { methods, .. }
            if methods == AuthMethod::Password.into()),
        "{trace:?}"
    );
}

/// What a rotation does not know of the device stays as it was.
pub async fn rotation_from_nowhere_keeps_what_was_known(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_refresh_token(&*store, &refresh_token("first", ada)).await;
    let moved = Device {
        user_agent: None,
        ..device("", "203.0.113.5")
    };
    let moving = RefreshRotation {
        device: moved.clone(),
        ..rotation_at(60, "first", "second")
    };

    given_rotation(&*store, &moving).await;
    given_rotation(&*store, &rotation_at(61, "second", "third")).await;

    let known = Device {
        network: moved.network,
        ..refresh_token("first", ada).device
    };
    let listed = list(&*store, ada, at(62)).await;
    let seen: Vec<_> = listed.iter().map(|it| (&it.device, it.last_seen)).collect();
    assert_eq!(seen, [(&known, at(61))]);
}

/// Neither the sessions of others, nor expired ones, nor personal access tokens are listed.
pub async fn only_open_sessions_of_the_user_are_listed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_refresh_token(&*store, &refresh_token("ada phone", ada)).await;
    given_opaque_session(&*store, &opaque_session("ada old", ada)).await;
    given_refresh_token(&*store, &personal_access_token("ada pat", ada)).await;

    assert_eq!(list(&*store, ada, just_before(at(LIFE))).await.len(), 2);
    assert_eq!(list(&*store, ada, at(LIFE)).await, []);
    assert_eq!(list(&*store, eve, at(1)).await, []);
    assert_eq!(list(&*store, user_id("stranger"), at(1)).await, []);
}

/// A session is open for its user until it ends or expires, and for no other user.
pub async fn session_is_open_for_its_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_refresh_token(&*store, &refresh_token("phone", ada)).await;
    given_refresh_token(&*store, &personal_access_token("pat", ada)).await;
    let is_open = async |user, name, now| {
        let id = session_id(name);
        let mut work = store.begin().await.unwrap();
        let within = work.sessions().is_open(user, id, now).await.unwrap();
        work.rollback().await.unwrap();
        let alone = store.is_session_open(user, id, now).await.unwrap();
        assert_eq!(within, alone);
        alone
    };

    assert!(is_open(ada, "phone", just_before(at(LIFE))).await);
    assert!(!is_open(ada, "phone", at(LIFE)).await);
    assert!(!is_open(eve, "phone", at(1)).await);
    assert!(!is_open(ada, "pat", at(1)).await);
    assert!(!is_open(ada, "unknown", at(1)).await);

    assert!(end(&*store, ada, "phone").await);

    assert!(!is_open(ada, "phone", at(1)).await);
}

/// A user ends one session of either generation, once, and no other ends with it.
pub async fn user_ends_one_session(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_refresh_token(&*store, &refresh_token("phone", ada)).await;
    given_refresh_token(&*store, &refresh_token("laptop", ada)).await;
    given_opaque_session(&*store, &opaque_session("old", ada)).await;
    given_opaque_session(&*store, &opaque_session("older", ada)).await;

    for name in ["phone", "old"] {
        assert!(end(&*store, ada, name).await, "{name}");
        assert!(!end(&*store, ada, name).await, "{name}");
    }

    assert!(!is_live(&*store, "phone").await);
    assert_eq!(opened_by(&*store, "old").await, None);
    assert!(is_live(&*store, "laptop").await);
    assert!(opened_by(&*store, "older").await.is_some());
}

/// A user cannot end a session of another user, nor a personal access token as if it were one.
pub async fn user_ends_only_own_sessions(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_refresh_token(&*store, &refresh_token("phone", ada)).await;
    given_opaque_session(&*store, &opaque_session("old", ada)).await;
    given_refresh_token(&*store, &personal_access_token("pat", ada)).await;

    for name in ["phone", "old", "unknown"] {
        assert!(!end(&*store, eve, name).await, "{name}");
    }
    assert!(!end(&*store, ada, "pat").await);

    assert_eq!(list(&*store, ada, at(1)).await.len(), 2);
    let pat = personal_access_token("pat", ada).hash;
    let owner = store.find_personal_access_token(&pat, at(1)).await.unwrap();
    assert_eq!(owner.map(|it| it.id), Some(ada));
}

/// All sessions but one can end, of either generation; personal access tokens stay.
pub async fn all_other_sessions_can_end(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_refresh_token(&*store, &refresh_token("phone", ada)).await;
    given_refresh_token(&*store, &refresh_token("laptop", ada)).await;
    given_refresh_token(&*store, &personal_access_token("pat", ada)).await;
    given_opaque_session(&*store, &opaque_session("old", ada)).await;
    given_opaque_session(&*store, &opaque_session("older", ada)).await;
    given_refresh_token(&*store, &refresh_token("eve", eve)).await;
    let end_others = async |kept| {
        let which = EndedSessions::Others(session_id(kept));
        try_to_end_all(&*store, ada, which).await.unwrap()
    };

    assert_eq!(end_others("old").await, 3);
    assert!(opened_by(&*store, "old").await.is_some());

    given_refresh_token(&*store, &refresh_token("phone", ada)).await;
    assert_eq!(end_others("phone").await, 1);
    assert!(is_live(&*store, "phone").await);

    assert_eq!(end_others("unknown").await, 1);
    assert_eq!(list(&*store, ada, at(1)).await, []);
    let pat = personal_access_token("pat", ada).hash;
    let owner = store.find_personal_access_token(&pat, at(1)).await.unwrap();
    assert!(owner.is_some());
    assert!(is_live(&*store, "eve").await);
}

async fn list(store: &dyn Store, user: UserId, now: DateTime<Utc>) -> Vec<OpenSession> {
    let mut work = store.begin().await.unwrap();
    let sessions = work.sessions().list_of(user, now).await.unwrap();
    work.rollback().await.unwrap();
    sessions
}

async fn end(store: &dyn Store, user: UserId, name: &str) -> bool {
    let mut work = store.begin().await.unwrap();
    let ended = work
        .sessions()
        .end_of(user, session_id(name))
        .await
        .unwrap();
    work.commit().await.unwrap();
    ended
}
