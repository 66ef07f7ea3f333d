//! Steps that most cases take before and after the one they are about.
#![expect(
    clippy::unwrap_used,
    reason = "a case whose ordinary steps are refused has failed"
)]

use std::{fmt, sync::Arc};

use auth_domain::{
    DateTime, Utc,
    error::{StoreError, UniqueField},
    one_time_code::{CodeGuess, CodeVerdict, NewCode},
    ports::{
        EndedSessions, RefreshRotation, RefreshTokenTrace, RotatedSession, Store, UnitOfWork,
        UserLookup,
    },
    session::{
        HashedExchangeCode, HashedRefreshToken, SessionId, StoredExchangeCode, StoredOpaqueSession,
        StoredRefreshToken,
    },
    ticket::{NewTicket, RedeemedTicket, Ticket},
    user::{NewUser, Role, User, UserId},
};
use futures_util::future::join_all;
use tokio::sync::Barrier;

use crate::samples::{at, new_user, refresh_hash, refresh_token, role, session_hash};

/// How often the domain tries contended work before it gives up.
const ATTEMPTS: usize = 3;

/// Adds roles in a unit of work of their own.
pub(crate) async fn given_roles(store: &dyn Store, roles: &[Role]) {
    try_to_ensure(store, roles).await.unwrap();
}

/// Stores a user in a unit of work of their own.
pub(crate) async fn given_user(store: &dyn Store, user: NewUser) -> User {
    let mut work = store.begin().await.unwrap();
    let hasura_id = work.users().insert(&user).await.unwrap();
    work.commit().await.unwrap();
    user.stored(hasura_id)
}

/// Stores a refresh token in a unit of work of its own.
pub(crate) async fn given_refresh_token(store: &dyn Store, token: &StoredRefreshToken) {
    let mut work = store.begin().await.unwrap();
    work.sessions().insert_refresh_token(token).await.unwrap();
    work.commit().await.unwrap();
}

/// Stores a user with two roles and one session. Returns the user.
pub(crate) async fn given_session(store: &dyn Store, token: &str) -> User {
    let new_user = NewUser {
        roles: vec![role("me"), Role::user()],
        ..new_user("ada")
    };
    let user = given_user(store, new_user).await;
    given_refresh_token(store, &refresh_token(token, user.id)).await;
    user
}

/// Stores an opaque session in a unit of work of its own.
pub(crate) async fn given_opaque_session(store: &dyn Store, session: &StoredOpaqueSession) {
    let mut work = store.begin().await.unwrap();
    work.sessions()
        .insert_opaque_session(session)
        .await
        .unwrap();
    work.commit().await.unwrap();
}

/// Stores a ticket in a unit of work of its own.
pub(crate) async fn given_ticket(store: &dyn Store, ticket: &NewTicket) {
    let mut work = store.begin().await.unwrap();
    work.tickets().insert(ticket).await.unwrap();
    work.commit().await.unwrap();
}

/// Stores a one-time code in a unit of work of its own.
pub(crate) async fn given_code(store: &dyn Store, code: &NewCode) {
    let mut work = store.begin().await.unwrap();
    work.tickets().put_code(code).await.unwrap();
    work.commit().await.unwrap();
}

/// Stores an exchange code in a unit of work of its own.
pub(crate) async fn given_exchange_code(store: &dyn Store, code: &StoredExchangeCode) {
    let mut work = store.begin().await.unwrap();
    work.tickets().insert_exchange_code(code).await.unwrap();
    work.commit().await.unwrap();
}

/// Rotates a refresh token, which has to succeed.
pub(crate) async fn given_rotation(store: &dyn Store, rotation: &RefreshRotation) {
    assert!(
        rotate(store, rotation).await.is_some(),
        "the token is there to be rotated"
    );
}

/// Rotates a refresh token, or finds that there is nothing to rotate.
pub(crate) async fn rotate(
    store: &dyn Store,
    rotation: &RefreshRotation,
) -> Option<RotatedSession> {
    store.rotate_refresh_token(rotation).await.unwrap()
}

/// Adds roles in a unit of work of their own.
pub(crate) async fn try_to_ensure(store: &dyn Store, roles: &[Role]) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.roles().ensure(roles).await?;
    commit(work).await
}

/// Stores a user in a unit of work of their own, and undoes it when the user is refused.
pub(crate) async fn try_to_insert(store: &dyn Store, user: &NewUser) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    match work.users().insert(user).await {
        Ok(_) => commit(work).await,
        Err(refused) => {
            work.rollback().await?;
            Err(refused)
        }
    }
}

/// Ends a session in a unit of work of its own; `false` when there was none.
pub(crate) async fn try_to_end(store: &dyn Store, id: SessionId) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    let ended = work.sessions().end(id).await?;
    commit(work).await?;
    Ok(ended)
}

/// Ends the session with this current refresh token in a unit of work of its own; `false` when
/// there was none.
pub(crate) async fn try_to_end_by_token(store: &dyn Store, name: &str) -> Result<bool, StoreError> {
    try_to_end_by_hash(store, &refresh_hash(name)).await
}

/// The same by the token's hash.
pub(crate) async fn try_to_end_by_hash(
    store: &dyn Store,
    hash: &HashedRefreshToken,
) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    let ended = work.sessions().end_by_refresh_token(hash).await?;
    commit(work).await?;
    Ok(ended)
}

/// Ends sessions of a user in a unit of work of its own; returns how many there were.
pub(crate) async fn try_to_end_all(
    store: &dyn Store,
    user: UserId,
    which: EndedSessions,
) -> Result<u64, StoreError> {
    let mut work = store.begin().await?;
    let count = work.sessions().end_all_of(user, which).await?;
    commit(work).await?;
    Ok(count)
}

/// Takes a ticket in a unit of work of its own.
pub(crate) async fn try_to_take(
    store: &dyn Store,
    ticket: &Ticket,
    now: DateTime<Utc>,
) -> Result<Option<RedeemedTicket>, StoreError> {
    let mut work = store.begin().await?;
    let taken = work.tickets().take(ticket, now).await?;
    commit(work).await?;
    Ok(taken)
}

/// Guesses at a one-time code in a unit of work of its own.
pub(crate) async fn try_to_guess(
    store: &dyn Store,
    guess: &CodeGuess,
) -> Result<CodeVerdict, StoreError> {
    let mut work = store.begin().await?;
    let verdict = work.tickets().judge_code(guess).await?;
    commit(work).await?;
    Ok(verdict)
}

/// Takes an exchange code in a unit of work of its own.
pub(crate) async fn try_to_exchange(
    store: &dyn Store,
    hash: &HashedExchangeCode,
    now: DateTime<Utc>,
) -> Result<Option<StoredExchangeCode>, StoreError> {
    let mut work = store.begin().await?;
    let taken = work.tickets().take_exchange_code(hash, now).await?;
    commit(work).await?;
    Ok(taken)
}

/// Commits after a pause in which others may interfere: a store in memory never has to wait, and
/// its units of work would hardly ever meet.
pub(crate) async fn commit(work: Box<dyn UnitOfWork>) -> Result<(), StoreError> {
    tokio::task::yield_now().await;
    work.commit().await
}

/// Looks a user up outside and inside a unit of work, which must give the same result.
pub(crate) async fn found(store: &dyn Store, lookup: UserLookup<'_>) -> Option<User> {
    let outside = store.find_user(lookup).await.unwrap();
    let mut work = store.begin().await.unwrap();
    let inside = work.users().find(lookup).await.unwrap();
    work.rollback().await.unwrap();

    assert_eq!(outside, inside, "{lookup:?} outside and inside a unit");
    outside
}

/// Whether there is a user with this id.
pub(crate) async fn exists(store: &dyn Store, id: UserId) -> bool {
    found(store, UserLookup::Id(id)).await.is_some()
}

/// What the store knows of a refresh token two minutes after samples are made.
pub(crate) async fn trace(store: &dyn Store, name: &str) -> RefreshTokenTrace {
    trace_at(store, &refresh_hash(name), at(120)).await
}

/// What the store knows of a refresh token.
pub(crate) async fn trace_at(
    store: &dyn Store,
    hash: &HashedRefreshToken,
    now: DateTime<Utc>,
) -> RefreshTokenTrace {
    store.trace_refresh_token(hash, now).await.unwrap()
}

/// Whether a refresh token is the current one of a session two minutes after samples are made.
pub(crate) async fn is_live(store: &dyn Store, name: &str) -> bool {
    matches!(trace(store, name).await, RefreshTokenTrace::Live { .. })
}

/// The user of an opaque session, soon after samples are made.
pub(crate) async fn opened_by(store: &dyn Store, name: &str) -> Option<User> {
    let hash = session_hash(name);
    store.find_opaque_session(&hash, at(1)).await.unwrap()
}

/// Takes a ticket one minute after samples are made; `None` if it is not valid.
pub(crate) async fn take(store: &dyn Store, ticket: &Ticket) -> Option<RedeemedTicket> {
    try_to_take(store, ticket, at(60)).await.unwrap()
}

/// Fails unless `outcome` says that the value of `field` is taken.
pub(crate) fn assert_taken<T: fmt::Debug>(outcome: &Result<T, StoreError>, field: UniqueField) {
    assert!(
        matches!(outcome, Err(StoreError::Duplicate { field: taken }) if *taken == field),
        "{outcome:?} does not say that {field:?} is taken"
    );
}

/// Starts all `jobs` at the same moment, on as many threads as there are, and waits for them.
pub(crate) async fn all_at_once<T, Job>(jobs: impl IntoIterator<Item = Job>) -> Vec<T>
where
    T: Send + 'static,
    Job: Future<Output = T> + Send + 'static,
{
    let jobs: Vec<Job> = jobs.into_iter().collect();
    let start = Arc::new(Barrier::new(jobs.len()));
    let running = jobs.into_iter().map(|job| {
        let start = Arc::clone(&start);
        tokio::spawn(async move {
            start.wait().await;
            job.await
        })
    });
    // `join_all` takes all from the iterator, and so spawns all, before it waits for one.
    let outcomes = join_all(running).await;
    outcomes.into_iter().map(Result::unwrap).collect()
}

/// Retries contended work, as often as the domain does.
pub(crate) async fn retried<T, Work>(mut work: impl FnMut() -> Work) -> Result<T, StoreError>
where
    Work: Future<Output = Result<T, StoreError>>,
{
    for _ in 1..ATTEMPTS {
        match work().await {
            Err(StoreError::Contended(_)) => {}
            outcome => return outcome,
        }
    }
    work().await
}
