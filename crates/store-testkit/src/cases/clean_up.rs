//! Removing what has expired: all of it, nothing else, and without waiting for a lock.

use std::sync::Arc;

use auth_domain::{
    DateTime, Utc,
    guessing::Tally,
    one_time_code::CodeVerdict,
    ports::{ExpiredRows, RefreshTokenTrace, Removal, Store},
    queued_message::Carried,
    session::StoredRefreshToken,
    ticket::TicketPurpose,
    user::UserId,
};

use futures_util::FutureExt;

use crate::{
    Fixture,
    samples::{
        LIFE, at, challenge_hash, code_guess, ended_flow, exchange_code_hash, guess_limits,
        issued_challenge, new_code, new_exchange_code, new_ticket, new_user, opaque_session,
        personal_access_token, place, queued_message, refresh_hash, refresh_token, rotation,
        rotation_at, ticket,
    },
    steps::{
        all_at_once, given_code, given_exchange_code, given_opaque_session, given_refresh_token,
        given_rotation, given_ticket, given_user, is_live, opened_by, retried, take, trace,
        trace_at, try_to_exchange, try_to_guess,
    },
};

/// How many rows of each kind [`given_rows_of_every_kind`] makes. Messages and rotations come
/// before the tickets and sessions whose removal would cascade to them.
const MADE: [(ExpiredRows, u64); ExpiredRows::ALL.len()] = [
    (ExpiredRows::QueuedMessages, 1),
    (ExpiredRows::RefreshTokenRotations, 1),
    (ExpiredRows::RefreshTokens, 3),
    (ExpiredRows::OpaqueSessions, 1),
    (ExpiredRows::Tickets, 1),
    (ExpiredRows::OneTimeCodes, 1),
    (ExpiredRows::ExchangeCodes, 1),
    (ExpiredRows::SecurityKeyChallenges, 1),
    (ExpiredRows::EndedProviderFlows, 1),
    (ExpiredRows::KnownPlaces, 1),
    (ExpiredRows::WrongGuesses, 2),
];

/// Seconds after which all of it has expired, also rotations, which have the time of the store's
/// own clock: in the year 2093.
const FAR_AHEAD: i64 = 2_900_000_000;

/// Every expired row is removed, and there is none left afterwards.
pub async fn what_is_over_is_removed_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_rows_of_every_kind(&*store).await;
    let later = at(FAR_AHEAD);

    for (rows, made) in MADE {
        assert_eq!(remove(&*store, rows, later, 100).await, made, "{rows:?}");
        assert_eq!(remove(&*store, rows, later, 100).await, 0, "{rows:?}");
    }
    assert_eq!(trace(&*store, "phone").await, RefreshTokenTrace::Unknown);
}

/// Until the very moment at which it expires a row stays, and is valid.
pub async fn what_is_good_is_spared(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_rows_of_every_kind(&*store).await;

    for (rows, _) in MADE {
        let over = match rows {
            // Rotations have the time of the store's own clock, which is far ahead.
            ExpiredRows::RefreshTokenRotations | ExpiredRows::WrongGuesses => at(60),
            _ => at(LIFE),
        };
        assert_eq!(remove(&*store, rows, over, 100).await, 0, "{rows:?}");
    }

    assert!(is_live(&*store, "phone").await);
    assert!(is_live(&*store, "laptop 2").await);
    assert!(matches!(
        trace(&*store, "laptop").await,
        RefreshTokenTrace::Superseded { .. }
    ));
    let script = refresh_hash("script");
    let owner = store.find_personal_access_token(&script, at(1)).await;
    assert!(owner.unwrap().is_some());
    assert!(opened_by(&*store, "tablet").await.is_some());
    assert!(is_queued(&*store, ada).await);
    assert!(take(&*store, &ticket("mailed")).await.is_some());
    let exchanged = try_to_exchange(&*store, &exchange_code_hash("redirect"), at(60)).await;
    assert!(exchanged.unwrap().is_some());
    let mut work = store.begin().await.unwrap();
    let challenge = work
        .security_keys()
        .take(&challenge_hash("key"), at(60))
        .await;
    let mut limits = guess_limits(60, 60);
    limits.place = Some(place("home", ada));
    let wrong = work
        .second_factors()
        .count_wrong_guesses(ada, &limits)
        .await;
    work.commit().await.unwrap();
    assert!(challenge.unwrap().is_some());
    let wrong = wrong.unwrap();
    assert_eq!(wrong.in_common, 1);
    assert!(wrong.is_known_place);
    let mut guess = code_guess("123456", ada);
    guess.limits.max_wrong = 1;
    let closed = try_to_guess(&*store, &guess).await.unwrap();
    assert_eq!(
        closed,
        CodeVerdict::TooManyWrong,
        "the wrong guess still counts"
    );
    given_code(&*store, &new_code("123456", ada)).await;
    let open = try_to_guess(&*store, &code_guess("123456", ada))
        .await
        .unwrap();
    assert_eq!(open, CodeVerdict::Accepted);
}

/// Removing a session cascades to the predecessors of its token.
pub async fn removed_session_takes_its_predecessors_along(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_rows_of_every_kind(&*store).await;
    let later = at(FAR_AHEAD);

    remove(&*store, ExpiredRows::RefreshTokens, later, 100).await;

    let rotations = ExpiredRows::RefreshTokenRotations;
    assert_eq!(remove(&*store, rotations, later, 100).await, 0);
}

/// A call removes up to the limit, the oldest first.
pub async fn no_more_is_removed_than_asked_and_the_oldest_first(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    for seconds in [20, 50, 10, 40, 30] {
        let token = StoredRefreshToken {
            expires_at: at(seconds),
            ..refresh_token(&seconds.to_string(), ada)
        };
        given_refresh_token(&*store, &token).await;
    }
    let tokens = ExpiredRows::RefreshTokens;

    assert_eq!(remove(&*store, tokens, at(100), 2).await, 2);

    for (seconds, is_there) in [(10, false), (20, false), (30, true), (40, true), (50, true)] {
        let trace = trace_at(&*store, &refresh_hash(&seconds.to_string()), at(0)).await;
        assert_eq!(trace != RefreshTokenTrace::Unknown, is_there, "{seconds}");
    }
    assert_eq!(remove(&*store, tokens, at(100), 0).await, 0);
    assert_eq!(remove(&*store, tokens, at(100), 2).await, 2);
    assert_eq!(remove(&*store, tokens, at(100), 2).await, 1);
}

/// Servers that clean up at the same moment remove each row once, and none is left.
pub async fn parallel_removals_share_the_work(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    for number in 0..60 {
        given_ticket(&*store, &new_ticket(&ticket(&number.to_string()), ada)).await;
    }

    let removed = all_at_once((0..6).map(|_| {
        let store = Arc::clone(&store);
        async move { remove_all(&*store, ExpiredRows::Tickets, at(LIFE + 1), 7).await }
    }))
    .await;

    assert_eq!(removed.iter().sum::<u64>(), 60, "{removed:?}");
}

/// A session that is prolonged while expired ones are removed is either gone, and its rotation
/// found nothing, or goes on.
pub async fn rotation_at_the_moment_of_removal_saves_its_session(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    for number in 0..40 {
        given_refresh_token(&*store, &refresh_token(&format!("old {number}"), ada)).await;
    }

    let rotations = (0..40).map(|number| {
        let store = Arc::clone(&store);
        let rotation = rotation_at(LIFE - 1, &format!("old {number}"), &format!("new {number}"));
        let job = async move {
            let rotated = retried(|| store.rotate_refresh_token(&rotation)).await;
            rotated.unwrap().is_some()
        };
        job.boxed()
    });
    let removals = (0..4).map(|_| {
        let store = Arc::clone(&store);
        let job = async move {
            let tokens = ExpiredRows::RefreshTokens;
            remove_all(&*store, tokens, at(LIFE + 1), 5).await;
            false
        };
        job.boxed()
    });
    let mut outcomes = all_at_once(rotations.chain(removals)).await;
    outcomes.truncate(40);

    for (number, rotated) in outcomes.into_iter().enumerate() {
        let successor = refresh_hash(&format!("new {number}"));
        let lives = trace_at(&*store, &successor, at(LIFE + 1)).await;
        assert_eq!(lives != RefreshTokenTrace::Unknown, rotated, "{number}");
    }
    let left = remove_all(&*store, ExpiredRows::RefreshTokens, at(LIFE + 1), 100).await;
    assert_eq!(left, 0);
}

/// Stores what [`MADE`] says for a user. All of it expires with [`LIFE`], but for the session
/// `laptop`, which was rotated and expires later; wrong guesses are made at 60, too.
async fn given_rows_of_every_kind(store: &dyn Store) -> UserId {
    let ada = given_user(store, new_user("ada")).await.id;
    given_refresh_token(store, &refresh_token("phone", ada)).await;
    given_refresh_token(store, &personal_access_token("script", ada)).await;
    given_refresh_token(store, &refresh_token("laptop", ada)).await;
    given_rotation(store, &rotation("laptop", "laptop 2")).await;
    given_opaque_session(store, &opaque_session("tablet", ada)).await;
    given_ticket(store, &new_ticket(&ticket("mailed"), ada)).await;
    given_code(store, &new_code("123456", ada)).await;
    let wrong = try_to_guess(store, &code_guess("654321", ada))
        .await
        .unwrap();
    assert_eq!(wrong, CodeVerdict::Wrong);
    given_exchange_code(store, &new_exchange_code("redirect", ada)).await;
    let mut work = store.begin().await.unwrap();
    let carried = Carried::Ticket(TicketPurpose::VerifyEmail, ticket("mailed").hashed());
    let message = queued_message("mail", ada, carried);
    work.messages().enqueue(&message).await.unwrap();
    let challenge = issued_challenge("key");
    work.security_keys().issue(&challenge).await.unwrap();
    assert!(work.tickets().end_flow(&ended_flow("ended")).await.unwrap());
    let factors = work.second_factors();
    let limits = guess_limits(60, 0);
    factors
        .note_wrong_guess(ada, &limits, Tally::Common)
        .await
        .unwrap();
    let known = work
        .sessions()
        .note_place(ada, &place("home", ada), at(LIFE))
        .await;
    known.unwrap();
    work.commit().await.unwrap();
    ada
}

/// Whether a message of a user waits.
async fn is_queued(store: &dyn Store, user: UserId) -> bool {
    let waiting = store.list_messages(at(60), 100).await.unwrap();
    waiting.iter().any(|it| it.user_id == user)
}

/// Removes rows while no other does; returns how many.
async fn remove(store: &dyn Store, rows: ExpiredRows, before: DateTime<Utc>, limit: u32) -> u64 {
    let outcome = store.remove_expired(rows, before, limit).await.unwrap();
    assert_ne!(
        outcome,
        Removal::DoneElsewhere,
        "no other call removes {rows:?}"
    );
    count(outcome)
}

/// Removes rows, a few at a time, until there are no others; returns how many.
async fn remove_all(
    store: &dyn Store,
    rows: ExpiredRows,
    before: DateTime<Utc>,
    limit: u32,
) -> u64 {
    let mut removed = 0;
    loop {
        let outcome = retried(|| store.remove_expired(rows, before, limit)).await;
        let outcome = outcome.unwrap();
        if outcome == Removal::Removed(0) {
            return removed;
        }
        removed += count(outcome);
        tokio::task::yield_now().await;
    }
}

fn count(outcome: Removal) -> u64 {
    match outcome {
        Removal::Removed(count) => count,
        Removal::DoneElsewhere => 0,
    }
}
