//! Concurrent callers, and callers that are dropped half-way (cancellation).
//!
//! A store may answer that work was contended; then it is retried, as the domain does it.

use std::{
    collections::{BTreeSet, HashSet},
    future::{pending, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use auth_domain::{
    error::{StoreError, UniqueField},
    ports::{EndedSessions, RefreshRotation, RefreshTokenTrace, Store, UserLookup},
    session::{HashedRefreshToken, SessionId, StoredRefreshToken},
    user::{HashedPassword, NewUser, UserId},
};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::{
    Fixture,
    samples::{
        at, email, new_user, new_user_called, personal_access_token, refresh_hash, refresh_token,
        role, rotation, session_id, user_id,
    },
    steps::{
        all_at_once, assert_taken, commit, exists, found, given_refresh_token, given_session,
        given_user, is_live, retried, trace, try_to_end, try_to_end_all, try_to_end_by_hash,
        try_to_end_by_token, try_to_ensure, try_to_insert,
    },
};

/// How often a race is run whose outcome depends on the order.
const ROUNDS: usize = 10;

/// At how many different moments work is cancelled.
const CUTS: usize = 24;

/// Of fifty rotations of one token, each to a successor of its own, one succeeds. All others then
/// learn which hash won.
pub async fn parallel_rotations_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_session(&*store, "first").await;

    let outcomes = all_at_once((0..50).map(|number| {
        let store = Arc::clone(&store);
        let successor = format!("successor {number}");
        async move {
            let rotation = rotation("first", &successor);
            let rotated = retried(|| store.rotate_refresh_token(&rotation)).await;
            let seen = trace(&*store, "first").await;
            (successor, rotated.unwrap().is_some(), current_of(seen))
        }
    }))
    .await;

    let (mut winners, mut seen) = (Vec::new(), HashSet::new());
    for (successor, has_won, current) in outcomes {
        seen.insert(current);
        if has_won {
            assert!(is_live(&*store, &successor).await);
            winners.push(Some(refresh_hash(&successor)));
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(seen, HashSet::from_iter(winners));
}

/// Writing to a user takes their row lock: others' changes wait until the unit of work ends.
pub async fn a_user_who_was_written_to_is_not_changed_by_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await;
    let mut work = store.begin().await.unwrap();
    work.users().touch(ada.id, at(1)).await.unwrap();

    let other = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            retried(|| async {
                let mut work = store.begin().await?;
                let hash = HashedPassword::new("another");
                work.users().set_password(ada.id, &hash).await?;
                work.commit().await
            })
            .await
        }
    });
    for _ in 0..100 {
        let current = work.users().find(UserLookup::Id(ada.id)).await.unwrap();
        assert_eq!(current.as_ref(), Some(&ada));
    }
    work.commit().await.unwrap();
    other.await.unwrap().unwrap();

    let changed = found(&*store, UserLookup::Id(ada.id)).await.unwrap();
    assert_eq!(changed.password_hash, Some(HashedPassword::new("another")));
}

/// The row lock of a user waits for earlier changes, reads them, and makes later changes wait until
/// the unit of work ends.
pub async fn a_locked_user_is_read_as_they_are_and_not_changed_by_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    let outcomes = all_at_once((0..20).map(|number| {
        let store = Arc::clone(&store);
        async move { retried(|| read_and_write(&*store, ada, number)).await }
    }))
    .await;

    let mut predecessors: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    predecessors.sort_unstable_by(|a, b| a.expose().cmp(b.expose()));
    predecessors.dedup();
    assert_eq!(
        predecessors.len(),
        20,
        "each change was made on top of another"
    );
}

/// Replaces the password, and returns the former one.
async fn read_and_write(
    store: &dyn Store,
    user: UserId,
    number: u32,
) -> Result<HashedPassword, StoreError> {
    let mut work = store.begin().await?;
    let locked = work.users().lock(user).await?;
    let read = work.users().find(UserLookup::Id(user)).await?;
    assert_eq!(locked, read);
    let hash = HashedPassword::new(format!("changed by {number}"));
    work.users().set_password(user, &hash).await?;
    commit(work).await?;
    Ok(locked.unwrap().password_hash.unwrap())
}

/// Of twenty users with one address in two spellings, one is stored; the others learn that the
/// address is taken.
pub async fn parallel_inserts_of_one_email_have_one_winner(fixture: &dyn Fixture) {
    let spellings = ["ada@example.com", "ADA@example.com"].iter().cycle();
    let users = spellings.zip(0..20).map(|(spelling, number)| NewUser {
        email: Some(email(spelling)),
        ..new_user(&format!("user-{number}"))
    });

    assert_one_is_stored(fixture, users.collect(), UniqueField::Email).await;
}

/// The same with one user name.
pub async fn parallel_inserts_of_one_username_have_one_winner(fixture: &dyn Fixture) {
    let users = (0..20).map(|number| new_user_called("ada", &format!("user-{number}")));

    assert_one_is_stored(fixture, users.collect(), UniqueField::Username).await;
}

/// Inserts of users without a common value do not block each other, and their ids for the legacy
/// API differ.
pub async fn parallel_inserts_of_different_users_all_succeed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let names: Vec<_> = (0..20).map(|number| format!("user-{number}")).collect();

    let users = names.iter().map(|name| new_user(name));
    let outcomes = insert_all_at_once(&store, users).await;

    let mut ids = BTreeSet::new();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    for name in &names {
        let user = found(&*store, UserLookup::Id(user_id(name))).await;
        ids.insert(user.unwrap().hasura_id);
    }
    assert_eq!(ids.len(), names.len(), "{ids:?}");
}

/// Servers that start together add the same roles, in whatever order they name them.
pub async fn parallel_ensures_of_the_same_roles_all_succeed(fixture: &dyn Fixture) {
    let store = fixture.store();
    let roles = ["a", "b", "c", "d", "e"].map(role);

    let outcomes = all_at_once((0..20).map(|number| {
        let store = Arc::clone(&store);
        let mut roles = roles.clone();
        roles.rotate_left(number % 5);
        async move { retried(|| try_to_ensure(&*store, &roles)).await }
    }))
    .await;

    for outcome in outcomes {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    let with_all = NewUser {
        roles: roles.to_vec(),
        ..new_user("ada")
    };
    assert!(try_to_insert(&*store, &with_all).await.is_ok());
}

/// Of many attempts to end one session, one says that it did.
pub async fn parallel_endings_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_session(&*store, "first").await;

    let outcomes = all_at_once((0..20).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_end_by_token(&*store, "first")).await }
    }))
    .await;

    let ended = outcomes.into_iter().map(Result::unwrap);
    assert_eq!(ended.filter(|ended| *ended).count(), 1);
    assert_eq!(trace(&*store, "first").await, RefreshTokenTrace::Unknown);
}

/// A session that ends while its token is rotated has ended, in whichever order.
pub async fn rotation_does_not_revive_an_ending_session(fixture: &dyn Fixture) {
    race_against_rotation(fixture, |store, token| async move {
        let ended = retried(|| try_to_end(&*store, token.id)).await;

        assert!(ended.unwrap(), "the session is there, whatever its token");
    })
    .await;
}

/// Signing out with a refresh token that is being rotated ends the session, in whichever order: the
/// token is its current one, or a predecessor.
pub async fn sign_out_by_token_does_not_miss_a_rotation(fixture: &dyn Fixture) {
    race_against_rotation(fixture, |store, token| async move {
        let ended = retried(|| try_to_end_by_hash(&*store, &token.hash)).await;

        assert!(ended.unwrap(), "the session is there, whatever its token");
    })
    .await;
}

/// Ending all sessions of a user also ends the one that is being rotated.
pub async fn rotation_does_not_escape_the_end_of_all_sessions(fixture: &dyn Fixture) {
    race_against_rotation(fixture, |store, token| async move {
        let all = EndedSessions::All;
        let count = retried(|| try_to_end_all(&*store, token.user_id, all)).await;

        assert_eq!(count.unwrap(), 1, "the session, whatever its token");
    })
    .await;
}

/// A unit of work that checks its session and stores something, under the row lock of the user,
/// does not escape the end of all sessions: either it came before and what it stored ends, too, or
/// it finds its session ended.
pub async fn what_is_stored_beside_an_open_session_ends_with_all(fixture: &dyn Fixture) {
    let store = fixture.store();
    for round in 0..ROUNDS {
        let user = given_user(&*store, new_user(&format!("ada{round}")))
            .await
            .id;
        let session = format!("open {round}");
        given_refresh_token(&*store, &refresh_token(&session, user)).await;
        let makers = (0..4).map(|number| {
            let token = personal_access_token(&format!("pat {round} {number}"), user);
            make_beside(Arc::clone(&store), session_id(&session), token).boxed()
        });
        let ending = end_everything(Arc::clone(&store), user).boxed();

        all_at_once(makers.chain([ending])).await;

        for number in 0..4 {
            let hash = refresh_hash(&format!("pat {round} {number}"));
            let found = store.find_personal_access_token(&hash, at(1)).await;
            assert_eq!(found.unwrap(), None, "round {round}");
        }
    }
}

async fn make_beside(store: Arc<dyn Store>, session: SessionId, token: StoredRefreshToken) {
    let made = retried(|| async {
        let mut work = store.begin().await?;
        work.second_factors().find(token.user_id).await?;
        if work
            .sessions()
            .is_open(token.user_id, session, at(1))
            .await?
        {
            work.sessions().insert_refresh_token(&token).await?;
        }
        work.commit().await
    })
    .await;
    assert!(made.is_ok(), "{made:?}");
}

async fn end_everything(store: Arc<dyn Store>, user: UserId) {
    let ended = retried(|| try_to_end_all(&*store, user, EndedSessions::All)).await;
    assert!(ended.is_ok(), "{ended:?}");
}

/// A rotation and an unrelated unit of work both last.
pub async fn rotation_and_unrelated_work_both_last(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    for round in 0..ROUNDS {
        let [first, second] = ["first", "second"].map(|name| format!("{name} {round}"));
        given_refresh_token(&*store, &refresh_token(&first, ada)).await;
        let user = new_user(&format!("user-{round}"));

        let rotating = rotate_if_there(Arc::clone(&store), rotation(&first, &second));
        let inserting = insert_surely(Arc::clone(&store), user.clone());
        all_at_once([rotating.boxed(), inserting.boxed()]).await;

        assert!(is_live(&*store, &second).await);
        assert!(exists(&*store, user.id).await);
    }
}

/// A unit of work whose task is aborted between two steps leaves nothing and blocks no other.
pub async fn aborted_work_leaves_nothing_and_blocks_no_other(fixture: &dyn Fixture) {
    let store = fixture.store();
    let (reached, halfway) = oneshot::channel();
    let inserting = Arc::clone(&store);
    let task = tokio::spawn(async move {
        let mut work = inserting.begin().await.unwrap();
        work.users().insert(&new_user("ada")).await.unwrap();
        reached.send(()).unwrap();
        pending::<()>().await;
        work.commit().await.unwrap();
    });

    halfway.await.unwrap();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());

    assert!(!exists(&*store, user_id("ada")).await);
    assert!(try_to_insert(&*store, &new_user("ada")).await.is_ok());
}

/// A unit of work that is cancelled within a step, also within its commit, happens as a whole or
/// not at all, and the store goes on.
pub async fn work_cut_short_anywhere_is_all_or_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();

    for cut in 0..CUTS {
        let name = format!("user-{cut}");
        polled_at_most(cut, sign_up(&*store, &name)).await;

        // The database may finish a commit after its caller was dropped, even between these lines.
        if exists(&*store, user_id(&name)).await {
            assert!(is_live(&*store, &name).await, "{name} has no session");
        } else if is_live(&*store, &name).await {
            assert!(exists(&*store, user_id(&name)).await, "{name} is missing");
        }
    }

    sign_up(&*store, "ada").await;
    assert!(is_live(&*store, "ada").await);
}

/// A rotation that is cancelled happens as a whole or not at all, so no session is lost.
pub async fn rotation_cut_short_anywhere_is_all_or_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    for cut in 0..CUTS {
        let [first, second] = ["first", "second"].map(|name| format!("{name} {cut}"));
        given_refresh_token(&*store, &refresh_token(&first, ada)).await;
        let rotation = rotation(&first, &second);
        polled_at_most(cut, store.rotate_refresh_token(&rotation)).await;

        match trace(&*store, &first).await {
            RefreshTokenTrace::Live { .. } => {}
            RefreshTokenTrace::Superseded { .. } => assert!(is_live(&*store, &second).await),
            RefreshTokenTrace::Unknown => assert!(is_live(&*store, &first).await, "lost"),
        }
    }
}

/// Stores a user with a session in one unit of work.
async fn sign_up(store: &dyn Store, name: &str) {
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user(name)).await.unwrap();
    let token = refresh_token(name, user_id(name));
    work.sessions().insert_refresh_token(&token).await.unwrap();
    work.commit().await.unwrap();
}

async fn insert_all_at_once(
    store: &Arc<dyn Store>,
    users: impl IntoIterator<Item = NewUser>,
) -> Vec<Result<(), StoreError>> {
    all_at_once(users.into_iter().map(|user| {
        let store = Arc::clone(store);
        async move { retried(|| try_to_insert(&*store, &user)).await }
    }))
    .await
}

/// Of these users one is stored; the others learn that the value of `field` is taken.
async fn assert_one_is_stored(fixture: &dyn Fixture, users: Vec<NewUser>, field: UniqueField) {
    let store = fixture.store();

    let outcomes = insert_all_at_once(&store, users.clone()).await;

    let mut stored = Vec::new();
    for (user, outcome) in users.iter().zip(&outcomes) {
        match outcome {
            Ok(()) => stored.push(user.id),
            refused => assert_taken(refused, field),
        }
        assert_eq!(exists(&*store, user.id).await, outcome.is_ok());
    }
    assert_eq!(stored.len(), 1, "{stored:?}");
}

/// Races `end` against a rotation of a session, which then has to be gone with both its tokens.
async fn race_against_rotation<End>(
    fixture: &dyn Fixture,
    end: impl Fn(Arc<dyn Store>, StoredRefreshToken) -> End + Send + Sync,
) where
    End: Future<Output = ()> + Send + 'static,
{
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    for round in 0..ROUNDS {
        let [first, second] = ["first", "second"].map(|name| format!("{name} {round}"));
        let token = refresh_token(&first, ada);
        given_refresh_token(&*store, &token).await;

        let rotating = rotate_if_there(Arc::clone(&store), rotation(&first, &second));
        let ending = end(Arc::clone(&store), token);
        all_at_once([rotating.boxed(), ending.boxed()]).await;

        for name in [&first, &second] {
            assert_eq!(trace(&*store, name).await, RefreshTokenTrace::Unknown);
        }
    }
}

async fn insert_surely(store: Arc<dyn Store>, user: NewUser) {
    let outcome = retried(|| try_to_insert(&*store, &user)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

async fn rotate_if_there(store: Arc<dyn Store>, rotation: RefreshRotation) {
    let outcome = retried(|| store.rotate_refresh_token(&rotation)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

/// The hash that replaced a traced token.
fn current_of(trace: RefreshTokenTrace) -> Option<HashedRefreshToken> {
    match trace {
        RefreshTokenTrace::Superseded { current, .. } => Some(current),
        RefreshTokenTrace::Live { .. } | RefreshTokenTrace::Unknown => None,
    }
}

/// Polls `work` so many times at most, and then drops it.
async fn polled_at_most<T>(mut polls: usize, work: impl Future<Output = T>) {
    let mut work = pin!(work);
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        work.as_mut().poll(context).map(drop)
    })
    .await;
}
