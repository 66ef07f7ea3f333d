//! Tickets in this store beside those that Hasura Auth left, and rows that nobody needs any more.
#![expect(
    clippy::unwrap_used,
    reason = "a test whose ordinary steps are refused has failed"
)]

mod support;

use std::sync::Arc;

use auth_domain::{
    DateTime, Utc,
    ports::Store,
    ticket::{NewTicket, Ticket, TicketPurpose},
    user::UserId,
};
use postgres_store::PostgresStore;
use store_testkit::samples::{
    at, code_guess, guess_limits, new_code, new_ticket, new_user, ticket, ticket_for, user_id,
};
use support::Database;
use tokio::task::JoinSet;

/// Who has asked for a link to sign in with, and that link's ticket.
const HOLDER: &str = "606b1557-db77-4ea3-985e-01e547647ac3";
const PENDING: &str = "passwordlessEmail:0450e66f-4044-4bed-995c-533a3a6b36de";

#[tokio::test]
async fn hasura_auth_finds_its_ticket_spent_as_it_would_leave_it() {
    let (database, store) = adopted().await;

    assert!(is_taken(&store, &pending(), at(60)).await);

    let left = database
        .value(&format!(
            "SELECT ticket IS NULL AND ticket_expires_at = to_timestamp(1000000060.123456) \
             FROM auth.users WHERE id = '{HOLDER}'"
        ))
        .await;
    assert_eq!(left, "t");
}

#[tokio::test]
async fn ticket_of_hasura_auth_takes_its_siblings_along() {
    let (_database, store) = adopted().await;
    let sibling = ticket_for(TicketPurpose::SignInLink, "sibling");
    insert(&store, &new_ticket(&sibling, holder())).await;

    assert!(is_taken(&store, &pending(), at(60)).await);

    assert!(!is_taken(&store, &sibling, at(60)).await);
}

#[tokio::test]
async fn ticket_of_hasura_auth_is_taken_along_by_a_sibling() {
    let (_database, store) = adopted().await;
    let sibling = ticket_for(TicketPurpose::SignInLink, "sibling");
    insert(&store, &new_ticket(&sibling, holder())).await;

    assert!(is_taken(&store, &sibling, at(60)).await);

    assert!(!is_taken(&store, &pending(), at(60)).await);
}

#[tokio::test]
async fn ticket_of_hasura_auth_survives_one_of_another_purpose() {
    let (_database, store) = adopted().await;
    insert(&store, &new_ticket(&ticket("other"), holder())).await;

    assert!(is_taken(&store, &ticket("other"), at(60)).await);

    assert!(is_taken(&store, &pending(), at(60)).await);
}

#[tokio::test]
async fn ticket_of_hasura_auth_is_forgotten_with_all_others() {
    let (_database, store) = adopted().await;

    let mut work = store.begin().await.unwrap();
    work.tickets().forget_all_of(holder()).await.unwrap();
    work.commit().await.unwrap();

    assert!(!is_taken(&store, &pending(), at(60)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_takes_of_a_ticket_of_hasura_auth_have_one_winner() {
    let (_database, store) = adopted().await;
    let store = Arc::new(store);

    let mut takers = JoinSet::new();
    for _ in 0..50 {
        let store = Arc::clone(&store);
        takers.spawn(async move { is_taken(&store, &pending(), at(60)).await });
    }
    let taken = takers.join_all().await;

    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
}

#[tokio::test]
async fn no_ticket_is_stored_as_its_holder_sees_it() {
    let database = Database::create_migrated().await;
    let store = store_with_ada(&database).await;
    insert(&store, &new_ticket(&ticket("first"), user_id("ada"))).await;

    let rows = database.rows("SELECT * FROM auth.tickets").await.concat();

    assert!(rows.contains(ticket("first").hashed().as_str()), "{rows}");
    assert!(!rows.contains(ticket("first").expose()), "{rows}");
}

#[tokio::test]
async fn wrong_codes_that_count_no_longer_go_with_the_next() {
    let database = Database::create_migrated().await;
    let store = store_with_ada(&database).await;
    let mut guess = code_guess("123456", user_id("ada"));
    let mut work = store.begin().await.unwrap();
    let code = new_code("654321", user_id("ada"));
    work.tickets().put_code(&code).await.unwrap();
    for now in [0, 1, 2] {
        guess.limits = guess_limits(now, 1);
        work.tickets().judge_code(&guess).await.unwrap();
    }
    work.commit().await.unwrap();

    let left = "SELECT count(*) FROM auth.wrong_codes";
    assert_eq!(database.value(left).await, "2");
}

async fn adopted() -> (Database, PostgresStore) {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    (database, store)
}

async fn store_with_ada(database: &Database) -> PostgresStore {
    let store = database.store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();
    work.commit().await.unwrap();
    store
}

fn holder() -> UserId {
    UserId(HOLDER.parse().unwrap())
}

fn pending() -> Ticket {
    Ticket::parse(PENDING).unwrap()
}

async fn insert(store: &PostgresStore, ticket: &NewTicket) {
    let mut work = store.begin().await.unwrap();
    work.tickets().insert(ticket).await.unwrap();
    work.commit().await.unwrap();
}

async fn is_taken(store: &PostgresStore, ticket: &Ticket, now: DateTime<Utc>) -> bool {
    let mut work = store.begin().await.unwrap();
    let taken = work.tickets().take(ticket, now).await.unwrap();
    work.commit().await.unwrap();
    taken.is_some()
}
