//! Security keys: each credential is registered once and its counter only grows; each challenge is
//! taken once.

use std::sync::Arc;

use auth_domain::{
    DateTime, Utc,
    error::{StoreError, UniqueField},
    ports::Store,
    security_key::{
        ChallengePurpose, IssuedChallenge, KeyNickname, SecurityKey, SecurityKeyId, SignCount,
    },
    user::UserId,
};
use serde_json::json;

use crate::{
    Fixture,
    samples::{
        LIFE, at, challenge_hash, credential_id, issued_challenge, just_before, new_user,
        security_key, user_id,
    },
    steps::{all_at_once, assert_taken, commit, given_user, retried},
};

/// Everything that was stored of a key comes back, and the user is known to have one.
pub async fn security_key_is_found_as_it_was_stored(fixture: &dyn Fixture) {
    let store = fixture.store();
    for name in ["ada", "eve"] {
        let user = given_user(&*store, new_user(name)).await.id;
        given_key(&*store, &security_key(name, user)).await;

        let stored = security_key(name, user);
        assert_eq!(found(&*store, name).await, Some(stored));
        assert!(store.has_security_key(user).await.unwrap());
        assert!(has_any(&*store, user).await);
    }
    assert!(!has_any(&*store, user_id("stranger")).await);
    assert_eq!(found(&*store, "stranger's").await, None);
}

/// A user's keys are theirs alone, in the order of their ids.
pub async fn keys_of_a_user_are_listed_and_no_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    for (name, user) in [("b", ada), ("c", eve), ("a", ada)] {
        given_key(&*store, &security_key(name, user)).await;
    }

    let expected = ["a", "b"].map(|name| security_key(name, ada));
    assert_eq!(keys_of(&*store, ada).await, expected);
    assert_eq!(keys_of(&*store, user_id("stranger")).await, []);
}

/// A key may lack a name and a signature counter; a name may be empty.
pub async fn security_key_may_lack_name_and_count(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let plain = SecurityKey {
        nickname: None,
        sign_count: SignCount(0),
        ..security_key("plain", ada)
    };
    let largest = SecurityKey {
        nickname: Some(KeyNickname::default()),
        sign_count: SignCount(u32::MAX),
        ..security_key("largest", ada)
    };

    for key in [&plain, &largest] {
        given_key(&*store, key).await;
    }

    assert_eq!(found(&*store, "plain").await, Some(plain));
    assert_eq!(found(&*store, "largest").await, Some(largest));
}

/// A registered credential cannot be registered again, even by the same user.
pub async fn credential_is_unique(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_key(&*store, &security_key("first", ada)).await;

    for user in [ada, eve] {
        let copy = SecurityKey {
            credential_id: credential_id("first"),
            ..security_key("second", user)
        };
        let refused = try_to_insert(&*store, &copy).await;
        assert_taken(&refused, UniqueField::Credential);
    }

    assert_eq!(
        found(&*store, "first").await,
        Some(security_key("first", ada))
    );
    assert!(!store.has_security_key(eve).await.unwrap());
}

/// A key belongs to an existing user.
pub async fn key_of_an_unknown_user_is_refused(fixture: &dyn Fixture) {
    let store = fixture.store();

    let key = security_key("lost", user_id("stranger"));

    assert!(try_to_insert(&*store, &key).await.is_err());
    assert_eq!(found(&*store, "lost").await, None);
}

/// A counter that did not increase changes nothing.
pub async fn key_counts_on_only(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let key = security_key("first", ada);
    given_key(&*store, &key).await;

    for count in [0, 6, 7] {
        assert!(!advance(&*store, key.id, count).await, "{count}");
        assert_eq!(count_of(&*store, "first").await, 7);
    }
    assert!(advance(&*store, key.id, 8).await);
    assert!(!advance(&*store, key.id, 8).await);
    assert!(advance(&*store, key.id, u32::MAX).await);
    assert_eq!(count_of(&*store, "first").await, u32::MAX);
}

/// A key whose counter is 0 may sign any number of times, until it begins to count.
pub async fn key_that_does_not_count_stays_at_zero(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let key = SecurityKey {
        sign_count: SignCount(0),
        ..security_key("first", ada)
    };
    given_key(&*store, &key).await;

    for _ in 0..2 {
        assert!(advance(&*store, key.id, 0).await);
        assert_eq!(count_of(&*store, "first").await, 0);
    }
    assert!(advance(&*store, key.id, 1).await);
    assert!(!advance(&*store, key.id, 0).await);
}

/// A removed key has no counter.
pub async fn key_that_is_gone_does_not_count(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let key = security_key("first", ada);
    given_key(&*store, &key).await;
    forget(&*store, ada).await;

    assert!(!advance(&*store, key.id, 8).await);
}

/// Of twenty concurrent uses of one count, one succeeds.
pub async fn parallel_uses_of_one_count_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let key = security_key("first", ada);
    given_key(&*store, &key).await;

    let outcomes = all_at_once((0..20).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_advance(&*store, key.id, 8)).await }
    }))
    .await;

    let won = outcomes.into_iter().map(Result::unwrap);
    assert_eq!(won.filter(|won| *won).count(), 1);
}

/// The keys of one user are removed, and no other's.
pub async fn forgetting_keys_spares_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    for (name, user) in [("a", ada), ("b", ada), ("c", eve)] {
        given_key(&*store, &security_key(name, user)).await;
    }

    forget(&*store, ada).await;

    assert!(!store.has_security_key(ada).await.unwrap());
    assert_eq!(keys_of(&*store, eve).await, [security_key("c", eve)]);
    // Idempotent: there is nothing left to remove.
    forget(&*store, ada).await;
}

/// Everything that was stored of a challenge comes back when it is taken.
pub async fn challenge_is_taken_as_it_was_issued(fixture: &dyn Fixture) {
    let store = fixture.store();
    let told = json!({"email": "ada@example.com", "metadata": {"ü": [1, null, "\"'"]}});
    for purpose in ChallengePurpose::ALL {
        let issued = IssuedChallenge {
            purpose,
            // The user of a sign-up does not exist yet.
            user_id: Some(user_id("stranger")),
            sign_up: Some(told.clone()),
            ..issued_challenge(purpose.name())
        };
        issue(&*store, &issued).await;
        assert_eq!(take(&*store, purpose.name()).await, Some(issued));
    }
    issue(&*store, &issued_challenge("bare")).await;
    assert_eq!(take(&*store, "bare").await, Some(issued_challenge("bare")));
}

/// Finding a challenge returns what taking it would, and leaves it valid until it is taken or
/// expires.
pub async fn found_challenge_stays_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    let issued = issued_challenge("first");
    issue(&*store, &issued).await;

    for _ in 0..2 {
        let seen = find_challenge(&*store, "first", at(60)).await;
        assert_eq!(seen.as_ref(), Some(&issued));
    }
    assert_eq!(
        find_challenge(&*store, "first", issued.expires_at).await,
        None
    );

    assert!(take(&*store, "first").await.is_some());
    assert_eq!(find_challenge(&*store, "first", at(60)).await, None);
}

/// A challenge is taken once (replay), and one that was never made is not valid.
pub async fn challenge_is_taken_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    issue(&*store, &issued_challenge("first")).await;

    assert_eq!(take(&*store, "second").await, None);
    assert!(take(&*store, "first").await.is_some());

    assert_eq!(take(&*store, "first").await, None);
}

/// A challenge is valid until just before the moment it expires.
pub async fn challenge_is_worthless_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    for name in ["first", "second", "third"] {
        issue(&*store, &issued_challenge(name)).await;
    }

    for (name, now, is_good) in [
        ("first", just_before(at(LIFE)), true),
        ("second", at(LIFE), false),
        ("third", at(LIFE + 1), false),
    ] {
        let taken = try_to_take(&*store, name, now).await.unwrap();
        assert_eq!(taken.is_some(), is_good, "{now}");
    }
}

/// A challenge whose use was rolled back can still be used.
pub async fn challenge_of_undone_work_stays_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    issue(&*store, &issued_challenge("first")).await;

    let mut work = store.begin().await.unwrap();
    let hash = challenge_hash("first");
    let taken = work.security_keys().take(&hash, at(60)).await.unwrap();
    work.rollback().await.unwrap();

    assert!(taken.is_some());
    assert!(take(&*store, "first").await.is_some());
}

/// Deleting the keys of a user deletes their challenges, too: an attacker who has lost the account
/// cannot finish a ceremony.
pub async fn challenges_are_forgotten_with_the_keys_of_their_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    for (name, user_id) in [
        ("ada's", Some(user_id("ada"))),
        ("eve's", Some(user_id("eve"))),
        ("unbound", None),
    ] {
        let issued = IssuedChallenge {
            user_id,
            ..issued_challenge(name)
        };
        issue(&*store, &issued).await;
    }

    forget(&*store, user_id("ada")).await;

    assert_eq!(take(&*store, "ada's").await, None);
    assert!(take(&*store, "eve's").await.is_some());
    assert!(take(&*store, "unbound").await.is_some());
}

/// Of fifty concurrent calls with one challenge, one gets it.
pub async fn parallel_takes_of_one_challenge_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    issue(&*store, &issued_challenge("first")).await;

    let outcomes = all_at_once((0..50).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_take(&*store, "first", at(60))).await }
    }))
    .await;

    let taken = outcomes.into_iter().filter_map(Result::unwrap);
    assert_eq!(taken.count(), 1);
}

async fn given_key(store: &dyn Store, key: &SecurityKey) {
    try_to_insert(store, key).await.unwrap();
}

async fn try_to_insert(store: &dyn Store, key: &SecurityKey) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    match work.security_keys().insert(key).await {
        Ok(()) => commit(work).await,
        Err(refused) => {
            work.rollback().await?;
            Err(refused)
        }
    }
}

async fn found(store: &dyn Store, name: &str) -> Option<SecurityKey> {
    let mut work = store.begin().await.unwrap();
    let found = work.security_keys().find(&credential_id(name)).await;
    work.rollback().await.unwrap();
    found.unwrap()
}

async fn count_of(store: &dyn Store, name: &str) -> u32 {
    found(store, name).await.unwrap().sign_count.0
}

async fn has_any(store: &dyn Store, user: UserId) -> bool {
    let mut work = store.begin().await.unwrap();
    let has_any = work.security_keys().has_any(user).await;
    work.rollback().await.unwrap();
    has_any.unwrap()
}

async fn keys_of(store: &dyn Store, user: UserId) -> Vec<SecurityKey> {
    let mut work = store.begin().await.unwrap();
    let keys = work.security_keys().all_of(user).await;
    work.rollback().await.unwrap();
    keys.unwrap()
}

async fn advance(store: &dyn Store, key: SecurityKeyId, to: u32) -> bool {
    try_to_advance(store, key, to).await.unwrap()
}

async fn try_to_advance(
    store: &dyn Store,
    key: SecurityKeyId,
    to: u32,
) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    let advanced = work.security_keys().advance(key, SignCount(to)).await?;
    commit(work).await?;
    Ok(advanced)
}

async fn forget(store: &dyn Store, user: UserId) {
    let mut work = store.begin().await.unwrap();
    work.security_keys().forget_all_of(user).await.unwrap();
    work.commit().await.unwrap();
}

async fn issue(store: &dyn Store, challenge: &IssuedChallenge) {
    try_to_issue(store, challenge).await.unwrap();
}

async fn try_to_issue(store: &dyn Store, challenge: &IssuedChallenge) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.security_keys().issue(challenge).await?;
    commit(work).await
}

/// Takes a challenge one minute after samples are made; `None` if it is not valid.
async fn take(store: &dyn Store, name: &str) -> Option<IssuedChallenge> {
    try_to_take(store, name, at(60)).await.unwrap()
}

async fn find_challenge(
    store: &dyn Store,
    name: &str,
    now: DateTime<Utc>,
) -> Option<IssuedChallenge> {
    let mut work = store.begin().await.unwrap();
    let hash = challenge_hash(name);
    let found = work.security_keys().find_challenge(&hash, now).await;
    work.rollback().await.unwrap();
    found.unwrap()
}

async fn try_to_take(
    store: &dyn Store,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<IssuedChallenge>, StoreError> {
    let mut work = store.begin().await?;
    let hash = challenge_hash(name);
    let taken = work.security_keys().take(&hash, now).await?;
    commit(work).await?;
    Ok(taken)
}
