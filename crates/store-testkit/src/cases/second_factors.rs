//! Second factors: secrets, used steps, recovery codes, and the wrong guesses at them.

use std::sync::Arc;

use auth_domain::{
    error::StoreError,
    guessing::{GuessLimits, Tally},
    ports::{Store, StoredFactor, UnitOfWork, UserLookup},
    sealed::{SealedSecret, StoredSecret},
    totp::{StepUse, TimeStep, TotpPurpose},
    user::{MfaMethod, UserId},
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, code_guess, guess_limits, just_before, new_code, new_user, place,
        recovery_code_hash, user_id,
    },
    steps::{all_at_once, commit, found, given_code, given_user, retried, try_to_guess},
};

/// A new user has no second factor, and an unknown user is not found.
pub async fn new_user_has_no_second_factor(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    let none = StoredFactor {
        active: None,
        secret: None,
    };
    assert_eq!(find(&*store, ada).await, Some(none));
    assert_eq!(find(&*store, user_id("eve")).await, None);
}

/// A secret comes back unchanged, and is replaced by another; neither makes the factor active.
pub async fn secret_comes_back_as_stored(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    assert_eq!(secret(&*store, ada).await, Some(sealed("first")));

    put_secret(&*store, ada, "second").await;
    assert_eq!(secret(&*store, ada).await, Some(sealed("second")));
    assert_eq!(active(&*store, ada).await, None);
}

/// The active factor is that of the user, until it is switched off; the secret stays.
pub async fn second_factor_is_switched_on_and_off(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    activate(&*store, ada).await;
    assert_eq!(active(&*store, ada).await, Some(MfaMethod::Totp));

    deactivate(&*store, ada).await;
    assert_eq!(active(&*store, ada).await, None);
    assert_eq!(secret(&*store, ada).await, Some(sealed("first")));
}

/// A waiting secret changes nothing until the factor is switched off, and then becomes the present
/// one.
pub async fn waiting_secret_takes_over_when_the_factor_is_switched_off(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    activate(&*store, ada).await;
    assert!(use_step(&*store, &step(ada, 7)).await);
    for name in ["overtaken", "waiting"] {
        let mut work = store.begin().await.unwrap();
        let secret = SealedSecret::new(name);
        work.second_factors()
            .put_waiting_secret(ada, &secret)
            .await
            .unwrap();
        commit(work).await.unwrap();
    }

    assert_eq!(secret(&*store, ada).await, Some(sealed("first")));
    assert!(!use_step(&*store, &step(ada, 7)).await);

    deactivate(&*store, ada).await;
    assert_eq!(secret(&*store, ada).await, Some(sealed("waiting")));
    assert!(use_step(&*store, &step(ada, 7)).await);

    // It is not waiting any more.
    put_secret(&*store, ada, "third").await;
    deactivate(&*store, ada).await;
    assert_eq!(secret(&*store, ada).await, Some(sealed("third")));
}

/// The same secret encrypted anew is still the same: its used steps stay used (replay).
pub async fn resealed_secret_keeps_its_used_steps(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    assert!(use_step(&*store, &step(ada, 7)).await);

    let mut work = store.begin().await.unwrap();
    let other_form = SealedSecret::new("other form");
    work.second_factors()
        .reseal(ada, &other_form)
        .await
        .unwrap();
    commit(work).await.unwrap();

    assert_eq!(secret(&*store, ada).await, Some(sealed("other form")));
    assert!(!use_step(&*store, &step(ada, 7)).await);
}

/// A step is used once, and with it those before; later ones are not (replay).
pub async fn step_is_used_once_and_in_order(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    assert!(use_step(&*store, &step(ada, 7)).await);

    assert!(!use_step(&*store, &step(ada, 7)).await);
    assert!(!use_step(&*store, &step(ada, 6)).await);
    assert!(use_step(&*store, &step(ada, 8)).await);
    assert!(!use_step(&*store, &step(ada, 7)).await);
}

/// A step is used once for each purpose and each user.
pub async fn step_is_used_once_for_each_purpose_and_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;

    for user_id in [ada, eve] {
        for purpose in TotpPurpose::ALL {
            let used = StepUse {
                purpose,
                ..step(user_id, 7)
            };
            assert!(use_step(&*store, &used).await, "{purpose:?}");
            assert!(!use_step(&*store, &used).await, "{purpose:?}");
        }
    }
}

/// Another secret has no used steps.
pub async fn another_secret_forgets_used_steps(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    assert!(use_step(&*store, &step(ada, 7)).await);

    put_secret(&*store, ada, "second").await;

    assert!(use_step(&*store, &step(ada, 7)).await);
}

/// A step whose use was rolled back can still be used.
pub async fn step_of_undone_work_can_be_used(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    let mut work = store.begin().await.unwrap();
    work.second_factors().find(ada).await.unwrap();
    let used = step(ada, 7);
    assert!(work.second_factors().use_step(&used).await.unwrap());
    work.rollback().await.unwrap();

    assert!(use_step(&*store, &used).await);
}

/// Of twenty concurrent uses of one step, one succeeds.
pub async fn parallel_uses_of_one_step_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    let outcomes = all_at_once((0..20).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_use(&*store, step(ada, 7))).await }
    }))
    .await;

    let winners = outcomes.into_iter().map(Result::unwrap).filter(|it| *it);
    assert_eq!(winners.count(), 1);
}

/// The use of a step is atomic by itself, even without taking the row lock first.
pub async fn parallel_uses_without_a_look_first_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    let outcomes = all_at_once((0..20).map(|_| {
        let store = Arc::clone(&store);
        let blindly = async move |store: &dyn Store| {
            let mut work = store.begin().await?;
            let used = work.second_factors().use_step(&step(ada, 7)).await?;
            commit(work).await?;
            Ok(used)
        };
        async move { retried(|| blindly(&*store)).await }
    }))
    .await;

    let winners = outcomes.into_iter().map(Result::unwrap).filter(|it| *it);
    assert_eq!(winners.count(), 1);
}

/// A recovery code is taken once, by its own user, and leaves the others valid.
pub async fn recovery_code_is_taken_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    put_recovery_codes(&*store, ada, &["one", "two"]).await;

    assert!(!take_recovery_code(&*store, eve, "one").await);
    assert!(!take_recovery_code(&*store, ada, "three").await);
    assert!(take_recovery_code(&*store, ada, "one").await);

    assert!(!take_recovery_code(&*store, ada, "one").await);
    assert!(take_recovery_code(&*store, ada, "two").await);
}

/// New recovery codes replace all former ones of the user, and no other's.
pub async fn new_recovery_codes_replace_former_ones(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    put_recovery_codes(&*store, ada, &["one", "two"]).await;
    put_recovery_codes(&*store, eve, &["one"]).await;

    put_recovery_codes(&*store, ada, &["three"]).await;

    assert!(!take_recovery_code(&*store, ada, "one").await);
    assert!(take_recovery_code(&*store, ada, "three").await);
    assert!(take_recovery_code(&*store, eve, "one").await);
}

/// Switching the factor on or off deletes its recovery codes.
pub async fn switching_the_factor_forgets_recovery_codes(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    put_recovery_codes(&*store, ada, &["one"]).await;
    deactivate(&*store, ada).await;
    assert!(!take_recovery_code(&*store, ada, "one").await);

    put_recovery_codes(&*store, ada, &["two"]).await;
    activate(&*store, ada).await;
    assert!(!take_recovery_code(&*store, ada, "two").await);
}

/// Of twenty concurrent uses of one recovery code, one succeeds.
pub async fn parallel_takes_of_one_recovery_code_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    put_recovery_codes(&*store, ada, &["one", "two"]).await;

    let outcomes = all_at_once((0..20).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_take_code(&*store, ada, "one")).await }
    }))
    .await;

    let winners = outcomes.into_iter().map(Result::unwrap).filter(|it| *it);
    assert_eq!(winners.count(), 1);
}

/// Wrong guesses count for their user from the very moment the caller names, until forgotten.
pub async fn wrong_second_factors_are_counted_and_forgotten(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;

    note_wrong_guess(&*store, ada, 1, 0).await;
    note_wrong_guess(&*store, ada, 2, 0).await;
    note_wrong_guess(&*store, ada, 2, 0).await;

    assert_eq!(wrong_guesses(&*store, ada, 0).await, 3);
    assert_eq!(wrong_guesses(&*store, ada, 1).await, 3);
    assert_eq!(wrong_guesses(&*store, ada, 2).await, 2);
    assert_eq!(wrong_guesses(&*store, eve, 0).await, 0);

    let mut work = store.begin().await.unwrap();
    work.second_factors().find(ada).await.unwrap();
    let mut limits = guess_limits(60, 0);
    limits.count_from = just_before(at(1));
    let factors = work.second_factors();
    let counted = factors.count_wrong_guesses(ada, &limits).await.unwrap();
    assert_eq!(counted.in_common, 3);
    factors.forget_wrong_guesses(ada).await.unwrap();
    commit(work).await.unwrap();
    assert_eq!(wrong_guesses(&*store, ada, 0).await, 0);
}

/// Guesses at mailed codes, which any client can make, do not close the second factor; and the
/// count of those at the second factor is not reset by a mailed code.
pub async fn wrong_second_factors_are_counted_apart_from_mailed_codes(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let mailed = new_code("123456", ada);
    given_code(&*store, &mailed).await;

    let wrong = code_guess("000000", ada);
    try_to_guess(&*store, &wrong).await.unwrap();
    assert_eq!(wrong_guesses(&*store, ada, 0).await, 0);

    note_wrong_guess(&*store, ada, 60, 0).await;
    let right = code_guess("123456", ada);
    try_to_guess(&*store, &right).await.unwrap();
    assert_eq!(wrong_guesses(&*store, ada, 0).await, 1);
}

/// Guesses from a known place have a count of their own.
pub async fn known_place_has_guesses_at_a_second_factor_of_its_own(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let mut work = found_in_work(&*store, ada).await.unwrap();
    let home = place("home", ada);
    let noted = work.sessions().note_place(ada, &home, at(LIFE)).await;
    noted.unwrap();
    commit(work).await.unwrap();
    let from = |place| GuessLimits {
        place,
        ..guess_limits(60, 0)
    };
    let (home, cafe) = (from(Some(home)), from(Some(place("cafe", ada))));

    let guess = async |limits: &GuessLimits| {
        let mut work = found_in_work(&*store, ada).await.unwrap();
        let factors = work.second_factors();
        let so_far = factors.count_wrong_guesses(ada, limits).await.unwrap();
        let tally = limits.tally(&so_far);
        if let Some(tally) = tally {
            let noted = factors.note_wrong_guess(ada, limits, tally).await;
            noted.unwrap();
        }
        commit(work).await.unwrap();
        tally
    };

    for _ in 0..10 {
        assert_eq!(guess(&cafe).await, Some(Tally::Common));
    }
    assert_eq!(guess(&cafe).await, None);
    for _ in 0..10 {
        assert_eq!(guess(&home).await, Some(Tally::Place));
    }
    assert_eq!(guess(&home).await, None);
}

/// Of thirty units of work that read, count and note at the same moment, ten note a guess.
pub async fn parallel_wrong_second_factors_are_all_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;

    let outcomes = all_at_once((0..30).map(|_| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_guess_once(&*store, ada, 10)).await }
    }))
    .await;

    let guesses = outcomes.into_iter().map(Result::unwrap).filter(|it| *it);
    assert_eq!(guesses.count(), 10);
    assert_eq!(wrong_guesses(&*store, ada, 0).await, 10);
}

/// Deleting a second factor leaves nothing of it but the wrong guesses, and spares other users.
pub async fn forgotten_second_factor_leaves_wrong_guesses_only(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_secret(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    for user in [ada, eve] {
        put_secret(&*store, user, "secret").await;
        activate(&*store, user).await;
        put_recovery_codes(&*store, user, &["one"]).await;
        assert!(use_step(&*store, &step(user, 7)).await);
        note_wrong_guess(&*store, user, 1, 0).await;
    }

    let mut work = store.begin().await.unwrap();
    work.second_factors().find(ada).await.unwrap();
    work.second_factors().forget_all_of(ada).await.unwrap();
    commit(work).await.unwrap();

    let none = StoredFactor {
        active: None,
        secret: None,
    };
    assert_eq!(find(&*store, ada).await, Some(none));
    assert!(!take_recovery_code(&*store, ada, "one").await);
    assert!(use_step(&*store, &step(ada, 7)).await);
    assert_eq!(wrong_guesses(&*store, ada, 0).await, 1);
    assert_eq!(active(&*store, eve).await, Some(MfaMethod::Totp));
    assert!(!use_step(&*store, &step(eve, 7)).await);
    assert!(take_recovery_code(&*store, eve, "one").await);
}

/// Stores `ada` with a secret for one-time passwords. Returns her id.
async fn given_ada_with_secret(store: &dyn Store) -> UserId {
    let ada = given_user(store, new_user("ada")).await.id;
    put_secret(store, ada, "first").await;
    ada
}

fn sealed(name: &str) -> StoredSecret {
    StoredSecret::Sealed(SealedSecret::new(name))
}

/// Signing in with the code of this step.
fn step(user_id: UserId, step: u64) -> StepUse {
    StepUse {
        user_id,
        purpose: TotpPurpose::SignIn,
        step: TimeStep(step),
    }
}

async fn find(store: &dyn Store, user: UserId) -> Option<StoredFactor> {
    let mut work = store.begin().await.unwrap();
    let found = work.second_factors().find(user).await.unwrap();
    work.rollback().await.unwrap();
    found
}

async fn secret(store: &dyn Store, user: UserId) -> Option<StoredSecret> {
    find(store, user).await.unwrap().secret
}

/// The active factor, in the factor itself and in the user.
async fn active(store: &dyn Store, user: UserId) -> Option<MfaMethod> {
    let active = find(store, user).await.unwrap().active;
    let shown = found(store, UserLookup::Id(user)).await.unwrap();
    assert_eq!(shown.active_mfa, active);
    active
}

async fn put_secret(store: &dyn Store, user: UserId, name: &str) {
    let mut work = found_in_work(store, user).await.unwrap();
    let secret = SealedSecret::new(name);
    work.second_factors()
        .put_secret(user, &secret)
        .await
        .unwrap();
    commit(work).await.unwrap();
}

async fn activate(store: &dyn Store, user: UserId) {
    let mut work = found_in_work(store, user).await.unwrap();
    work.second_factors().activate(user).await.unwrap();
    commit(work).await.unwrap();
}

async fn deactivate(store: &dyn Store, user: UserId) {
    let mut work = found_in_work(store, user).await.unwrap();
    work.second_factors().deactivate(user).await.unwrap();
    commit(work).await.unwrap();
}

async fn put_recovery_codes(store: &dyn Store, user: UserId, names: &[&str]) {
    let codes: Vec<_> = names
        .iter()
        .map(|name| recovery_code_hash(name, user))
        .collect();
    let mut work = found_in_work(store, user).await.unwrap();
    work.second_factors()
        .put_recovery_codes(user, &codes)
        .await
        .unwrap();
    commit(work).await.unwrap();
}

async fn use_step(store: &dyn Store, used: &StepUse) -> bool {
    try_to_use(store, *used).await.unwrap()
}

async fn try_to_use(store: &dyn Store, used: StepUse) -> Result<bool, StoreError> {
    let mut work = found_in_work(store, used.user_id).await?;
    let used = work.second_factors().use_step(&used).await?;
    commit(work).await?;
    Ok(used)
}

async fn take_recovery_code(store: &dyn Store, user: UserId, name: &str) -> bool {
    try_to_take_code(store, user, name).await.unwrap()
}

async fn try_to_take_code(store: &dyn Store, user: UserId, name: &str) -> Result<bool, StoreError> {
    let mut work = found_in_work(store, user).await?;
    let code = recovery_code_hash(name, user);
    let taken = work
        .second_factors()
        .take_recovery_code(user, &code)
        .await?;
    commit(work).await?;
    Ok(taken)
}

async fn note_wrong_guess(store: &dyn Store, user: UserId, now: i64, count_from: i64) {
    let mut work = found_in_work(store, user).await.unwrap();
    work.second_factors()
        .note_wrong_guess(user, &guess_limits(now, count_from), Tally::Common)
        .await
        .unwrap();
    commit(work).await.unwrap();
}

async fn wrong_guesses(store: &dyn Store, user: UserId, since: i64) -> u32 {
    let mut work = found_in_work(store, user).await.unwrap();
    let factors = work.second_factors();
    let limits = guess_limits(60, since);
    let counted = factors.count_wrong_guesses(user, &limits).await.unwrap();
    work.rollback().await.unwrap();
    counted.in_common
}

/// Notes a wrong guess if there were fewer than `max` of them; whether it did.
async fn try_to_guess_once(store: &dyn Store, user: UserId, max: u32) -> Result<bool, StoreError> {
    let mut work = found_in_work(store, user).await?;
    let factors = work.second_factors();
    let limits = guess_limits(1, 0);
    let so_far = factors.count_wrong_guesses(user, &limits).await?;
    let has_room = so_far.in_common < max;
    if has_room {
        factors
            .note_wrong_guess(user, &limits, Tally::Common)
            .await?;
    }
    commit(work).await?;
    Ok(has_room)
}

/// A unit of work that has read the user's second factor, as the domain's do.
async fn found_in_work(store: &dyn Store, user: UserId) -> Result<Box<dyn UnitOfWork>, StoreError> {
    let mut work = store.begin().await?;
    work.second_factors().find(user).await?;
    Ok(work)
}
