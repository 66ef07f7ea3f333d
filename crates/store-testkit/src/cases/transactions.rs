//! Units of work: all or nothing, and invisible until the commit.

use std::sync::Arc;

use auth_domain::{
    error::UniqueField,
    ports::{EndedSessions, RefreshTokenTrace, Store, UnitOfWork, UserLookup},
    user::{HashedPassword, NewUser, User},
};

use crate::{
    Fixture,
    samples::{
        at, new_ticket, new_user, opaque_session, refresh_hash, refresh_token, role, rotation,
        session_id, ticket, user_id,
    },
    steps::{
        assert_taken, exists, found, given_opaque_session, given_refresh_token, given_roles,
        given_rotation, given_user, is_live, opened_by, take, trace, try_to_insert,
    },
};

/// Committed changes are visible to all, in every part of the store.
pub async fn committed_work_is_visible(fixture: &dyn Fixture) {
    let store = fixture.store();

    let mut work = store.begin().await.unwrap();
    let editor = write_everywhere(&mut *work).await;
    work.commit().await.unwrap();

    assert!(exists(&*store, editor.id).await);
    assert!(is_live(&*store, "first").await);
    assert_eq!(opened_by(&*store, "opaque").await, Some(editor));
    assert!(take(&*store, &ticket("mailed")).await.is_some());
}

/// A rollback leaves nothing.
pub async fn rolled_back_work_leaves_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();

    let mut work = store.begin().await.unwrap();
    write_everywhere(&mut *work).await;
    work.rollback().await.unwrap();

    assert_nothing_was_written(&*store).await;
}

/// A dropped unit of work leaves nothing, and the next one can begin, write and commit.
pub async fn dropped_work_leaves_nothing_and_blocks_no_other(fixture: &dyn Fixture) {
    let store = fixture.store();

    // More often than a pool has connections: none may be lost.
    for _ in 0..20 {
        let mut work = store.begin().await.unwrap();
        write_everywhere(&mut *work).await;
        drop(work);
    }

    assert_nothing_was_written(&*store).await;
    assert!(try_to_insert(&*store, &new_user("eve")).await.is_ok());
}

/// A unit of work sees what it did itself.
pub async fn work_sees_its_own_changes(fixture: &dyn Fixture) {
    let store = fixture.store();

    let mut work = store.begin().await.unwrap();
    let editor = write_everywhere(&mut *work).await;
    let user = work.users().find(UserLookup::Id(editor.id)).await.unwrap();
    let sessions = work.sessions();
    let id = session_id("first");
    let was_open = sessions.is_open(editor.id, id, at(1)).await.unwrap();
    let hash = refresh_hash("first");
    let ended = sessions.end_by_refresh_token(&hash).await.unwrap();
    let is_open = sessions.is_open(editor.id, id, at(1)).await.unwrap();
    work.rollback().await.unwrap();

    assert_eq!(user.as_ref(), Some(&editor));
    assert!(was_open && ended);
    assert!(!is_open);
}

/// Uncommitted changes are invisible to others (isolation).
///
/// A store may let readers wait for the unit to end. It ends with a rollback, so the answer is the
/// same whether they wait or not.
pub async fn uncommitted_work_is_invisible_to_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    let readers = tokio::spawn(find_often(Arc::clone(&store), "ada"));
    for number in 0..20 {
        let user = new_user(&format!("user-{number}"));
        work.users().insert(&user).await.unwrap();
    }
    work.rollback().await.unwrap();

    assert!(readers.await.unwrap().iter().all(Option::is_none));
}

/// A reader finds a user who is being committed with all their roles, or not at all.
pub async fn committed_work_appears_as_a_whole(fixture: &dyn Fixture) {
    let store = fixture.store();
    let roles = ["a", "b", "c", "d", "e", "f"].map(role);
    given_roles(&*store, &roles).await;
    let ada = NewUser {
        roles: roles.to_vec(),
        ..new_user("ada")
    };

    let readers = tokio::spawn(find_often(Arc::clone(&store), "ada"));
    let ada = given_user(&*store, ada).await;

    for seen in readers.await.unwrap().into_iter().flatten() {
        assert_eq!(seen, ada);
    }
}

/// A rollback brings back what the unit of work ended or replaced.
pub async fn rollback_restores_what_was_changed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    given_refresh_token(&*store, &refresh_token("first", ada.id)).await;
    given_rotation(&*store, &rotation("first", "second")).await;
    given_opaque_session(&*store, &opaque_session("opaque", ada.id)).await;
    let mut work = store.begin().await.unwrap();
    let hash = HashedPassword::new("another hash");
    work.users().set_password(ada.id, &hash).await.unwrap();
    let sessions = work.sessions();
    let count = sessions.end_all_of(ada.id, EndedSessions::All).await;
    assert_eq!(count.unwrap(), 2);
    work.rollback().await.unwrap();

    assert!(matches!(
        trace(&*store, "first").await,
        RefreshTokenTrace::Superseded { current, .. } if current == refresh_hash("second")
    ));
    assert!(is_live(&*store, "second").await);
    assert_eq!(opened_by(&*store, "opaque").await.as_ref(), Some(&ada));
    assert_eq!(found(&*store, UserLookup::Id(ada.id)).await, Some(ada));
}

/// After a refused step the unit of work can be rolled back. Nothing of it remains, also of the
/// steps before, and the store goes on.
pub async fn refused_work_can_be_rolled_back(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;

    begin_and_be_refused(&*store)
        .await
        .rollback()
        .await
        .unwrap();

    assert!(!exists(&*store, user_id("eve")).await);
    assert!(try_to_insert(&*store, &new_user("eve")).await.is_ok());
}

/// The same when the unit of work is dropped instead.
pub async fn refused_work_can_be_dropped(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_user(&*store, new_user("ada")).await;

    // More often than a pool has connections: none may be lost.
    for _ in 0..20 {
        drop(begin_and_be_refused(&*store).await);
    }

    assert!(!exists(&*store, user_id("eve")).await);
    assert!(try_to_insert(&*store, &new_user("eve")).await.is_ok());
}

/// An empty unit of work can be committed.
pub async fn empty_work_can_be_committed(fixture: &dyn Fixture) {
    let store = fixture.store();

    let work = store.begin().await.unwrap();

    assert!(work.commit().await.is_ok());
}

/// A role, a user who has it, a session of either generation, and a ticket.
async fn write_everywhere(work: &mut dyn UnitOfWork) -> User {
    let editor = NewUser {
        roles: vec![role("editor")],
        ..new_user("ada")
    };
    work.roles().ensure(&[role("editor")]).await.unwrap();
    let hasura_id = work.users().insert(&editor).await.unwrap();

    let token = refresh_token("first", editor.id);
    let session = opaque_session("opaque", editor.id);
    let sessions = work.sessions();
    sessions.insert_refresh_token(&token).await.unwrap();
    sessions.insert_opaque_session(&session).await.unwrap();
    let ticket = new_ticket(&ticket("mailed"), editor.id);
    work.tickets().insert(&ticket).await.unwrap();
    editor.stored(hasura_id)
}

async fn assert_nothing_was_written(store: &dyn Store) {
    assert!(!exists(store, user_id("ada")).await);
    assert_eq!(trace(store, "first").await, RefreshTokenTrace::Unknown);
    assert_eq!(opened_by(store, "opaque").await, None);
    assert_eq!(take(store, &ticket("mailed")).await, None);

    let mut work = store.begin().await.unwrap();
    let ended = work.sessions().end(session_id("first")).await.unwrap();
    work.rollback().await.unwrap();
    assert!(!ended);

    let needs_the_role = NewUser {
        roles: vec![role("editor")],
        ..new_user("joe")
    };
    assert!(try_to_insert(store, &needs_the_role).await.is_err());
}

/// A unit of work that inserted `eve` and was then refused a second `ada`.
async fn begin_and_be_refused(store: &dyn Store) -> Box<dyn UnitOfWork> {
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("eve")).await.unwrap();
    let refused = work.users().insert(&new_user("ada")).await;

    assert_taken(&refused, UniqueField::Other);
    work
}

async fn find_often(store: Arc<dyn Store>, name: &'static str) -> Vec<Option<User>> {
    let mut seen = Vec::new();
    for _ in 0..20 {
        let user = store.find_user(UserLookup::Id(user_id(name))).await;
        seen.push(user.unwrap());
        // A store in memory never waits, so let other tasks run.
        tokio::task::yield_now().await;
    }
    seen
}
