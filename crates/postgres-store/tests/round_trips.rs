//! How often the hot paths go to the database and back. Alone in its program, because it counts
//! the statements of every connection.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use auth_domain::{
    DateTime,
    identity::{IdentityKey, ProviderId, Subject},
    ports::{RefreshGate, RefreshRotation, Store, UserLookup},
    session::{Device, HashedRefreshToken, PlainSessionToken},
    user::{EmailAddress, UserId, Username},
};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use support::Database;

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);
static PREPARED: AtomicUsize = AtomicUsize::new(0);

struct Counter;

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => STATEMENTS.fetch_add(1, Ordering::SeqCst),
            InstrumentationEvent::CacheQuery { .. } => PREPARED.fetch_add(1, Ordering::SeqCst),
            _ => 0,
        };
    }
}

/// What a call cost: statements that were sent, and how many of them had to be prepared first. A
/// statement that cannot be cached would be prepared each time and not be counted as prepared.
async fn cost(call: impl Future<Output = ()>) -> (usize, usize) {
    let before = (
        STATEMENTS.load(Ordering::SeqCst),
        PREPARED.load(Ordering::SeqCst),
    );
    call.await;
    (
        STATEMENTS.load(Ordering::SeqCst) - before.0,
        PREPARED.load(Ordering::SeqCst) - before.1,
    )
}

#[tokio::test]
async fn a_hot_path_is_one_statement_and_is_prepared_once() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    set_default_instrumentation(|| Some(Box::new(Counter))).unwrap();
    // A single connection: each prepares for itself.
    let store = &database.store_with(1).await;
    let id = UserId("dd8b384b-9371-49d2-8d83-ec6e53142770".parse().unwrap());
    let email = &EmailAddress::parse("ada@acme.example.com").unwrap();
    let name = &Username::parse("ada").unwrap();
    let linked = &IdentityKey {
        provider: ProviderId::of("github"),
        subject: Subject::parse("583231").unwrap(),
    };
    let session = &PlainSessionToken::new([7; 24]).hashed();
    let now = DateTime::from_timestamp_secs(1_800_000_000).unwrap();
    let hash = |text: &str| HashedRefreshToken::from_stored(text.to_owned());
    let rotation = &RefreshRotation {
        presented: hash(r"\x310c6acb73d2a6dd853baac286763ffd3f3021216d3be67316abdc433f3e5118"),
        successor: hash("next"),
        now,
        expires_at: now,
        remember_for: std::time::Duration::from_hours(1),
        gate: RefreshGate {
            verified_email: false,
        },
        device: Device::default(),
    };
    let find = async |lookup| drop(store.find_user(lookup).await.unwrap());

    for expected in [(1, 1), (1, 0)] {
        assert_eq!(cost(find(UserLookup::Id(id))).await, expected);
        assert_eq!(cost(find(UserLookup::Email(email))).await, expected);
        assert_eq!(cost(find(UserLookup::Username(name))).await, expected);
        assert_eq!(cost(find(UserLookup::Identity(linked))).await, expected);
        let opaque = async { drop(store.find_opaque_session(session, now).await.unwrap()) };
        assert_eq!(cost(opaque).await, expected);
        let token = &rotation.presented;
        let personal = async { drop(store.find_personal_access_token(token, now).await.unwrap()) };
        assert_eq!(cost(personal).await, expected);
        let rotate = async { drop(store.rotate_refresh_token(rotation).await.unwrap()) };
        assert_eq!(cost(rotate).await, expected);
    }
}
