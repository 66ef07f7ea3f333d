//! Counting on a real server, which `scripts/with-redis` starts.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use auth_domain::{
    limits::{CounterKey, Limiter, RateLimit, Verdict},
    ports::{Clock, SharedCounter},
    secret::Secret,
    testing::FixedClock,
};
use futures_util::future::join_all;
use redis_counter::{RedisCounter, RedisUrl};
use tokio::{io::AsyncReadExt, net::TcpListener, runtime::Handle};

const MINUTE: Duration = Duration::from_mins(1);

#[expect(
    clippy::disallowed_methods,
    reason = "the test script tells where its server is"
)]
fn url() -> String {
    env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: run the tests with scripts/test")
}

/// A prefix for one test.
fn prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{next}:", std::process::id())
}

fn counter(url: &str, prefix: &str) -> RedisCounter {
    let url = RedisUrl::parse(&Secret::new(url)).unwrap();
    RedisCounter::new(&url, prefix, Handle::current()).unwrap()
}

fn key() -> CounterKey {
    CounterKey::of_all("test")
}

fn limit(burst: u32) -> RateLimit {
    RateLimit::new(burst, MINUTE)
}

/// A counter and its clock.
fn at_a_clock() -> (RedisCounter, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::default());
    let counter = counter(&url(), &prefix()).with_clock(Arc::clone(&clock) as _);
    (counter, clock)
}

async fn allowed(counter: &RedisCounter, burst: u32, attempts: u32) -> usize {
    let mut count = 0;
    for _ in 0..attempts {
        let verdict = counter.count(&key(), limit(burst)).await.unwrap();
        count += usize::from(verdict == Verdict::Allowed);
    }
    count
}

#[tokio::test]
async fn every_verdict_is_that_of_a_server_that_counts_by_itself() {
    let (shared, clock) = at_a_clock();
    let alone = Limiter::new(Arc::clone(&clock) as Arc<dyn Clock>);
    for burst in [1, 3, 10] {
        let key = CounterKey::of_all(&format!("burst-{burst}"));
        // Prime steps reach every part of a window.
        for step in 0..200_u64 {
            let verdict = shared.count(&key, limit(burst)).await.unwrap();
            assert_eq!(verdict, alone.count(&key, limit(burst)).await, "{step}");
            if step % 17 == 0 {
                shared.take_back(&key, limit(burst)).await.unwrap();
                alone.take_back(&key, limit(burst)).await;
            }
            let known = shared.knows(&key, limit(burst)).await.unwrap();
            assert_eq!(known, alone.knows(&key, limit(burst)).await, "{step}");
            clock.advance(Duration::from_millis(step * 97 % 13_001));
        }
    }
}

#[tokio::test]
async fn servers_count_together_and_prefixes_apart() {
    let prefix = prefix();
    let (one, other) = (counter(&url(), &prefix), counter(&url(), &prefix));
    let apart = counter(&url(), &format!("{prefix}apart:"));
    let hours = RateLimit::new(3, Duration::from_hours(1000));

    let mut verdicts = Vec::new();
    for counter in [&one, &other, &one, &other, &one] {
        verdicts.push(counter.count(&key(), hours).await.unwrap() == Verdict::Allowed);
    }

    assert_eq!(verdicts, [true, true, true, false, false]);
    assert_eq!(apart.count(&key(), hours).await.unwrap(), Verdict::Allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_no_more_are_allowed_than_the_limit_says() {
    let (counter, _clock) = at_a_clock();

    let verdicts = join_all((0..200).map(|_| allowed(&counter, 50, 1))).await;

    assert_eq!(verdicts.into_iter().sum::<usize>(), 50);
}

#[tokio::test]
async fn a_client_that_waits_as_long_as_was_said_is_allowed() {
    let (counter, clock) = at_a_clock();
    assert_eq!(allowed(&counter, 3, 5).await, 3);
    let Verdict::TooMany { retry_after } = counter.count(&key(), limit(3)).await.unwrap() else {
        panic!("it was allowed");
    };

    clock.advance(retry_after);

    assert_eq!(allowed(&counter, 3, 5).await, 1);
}

#[tokio::test]
async fn without_a_clock_the_server_has_one() {
    let counter = counter(&url(), &prefix());
    let hours = RateLimit::new(1, Duration::from_hours(1000));

    assert_eq!(
        counter.count(&key(), hours).await.unwrap(),
        Verdict::Allowed
    );
    let Verdict::TooMany { retry_after } = counter.count(&key(), hours).await.unwrap() else {
        panic!("it was allowed");
    };
    assert!(retry_after <= Duration::from_hours(1001), "{retry_after:?}");
}

#[tokio::test]
async fn keys_do_not_stay_for_ever() {
    let prefix = prefix();
    let counter = counter(&url(), &prefix);
    counter.count(&key(), limit(3)).await.unwrap();

    let client = redis::Client::open(url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut ask = redis::cmd("PTTL");
    let name = format!("{prefix}{}", key().as_str());
    let left: i64 = ask.arg(name).query_async(&mut connection).await.unwrap();

    assert!((1..=120_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_without_its_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let counter = counter(&format!("redis://:hunter2@{address}"), "");

    let error = counter.count(&key(), limit(1)).await.unwrap_err();

    let text = format!("{error:?}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn over_tls_nothing_is_sent_to_a_server_that_has_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rediss://:hunter2@{}", listener.local_addr().unwrap());
    let counter = counter(&url, "");

    let first_bytes = tokio::spawn(async move {
        let (mut stream, _peer) = listener.accept().await.unwrap();
        let mut bytes = [0; 3];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    });

    let error = counter.count(&key(), limit(1)).await.unwrap_err();

    let text = format!("{error:?}");
    assert!(!text.contains("panic"), "{text}");
    // A handshake of TLS.
    assert_eq!(first_bytes.await.unwrap(), [0x16, 3, 1]);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let counter = counter(&url, "");

    assert!(counter.count(&key(), limit(1)).await.is_err());
    drop(listener);
}
