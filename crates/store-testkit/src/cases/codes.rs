//! One-time codes: short-lived, good once, and not to be guessed.

use std::sync::Arc;

use auth_domain::{
    one_time_code::{
        CodeGuess, CodePurpose,
        CodeVerdict::{self, Accepted, TooManyWrong, Wrong},
        NewCode,
    },
    ports::Store,
    ticket::TicketPurpose,
    user::UserId,
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, code_guess, code_guess_for, guess_limits, just_before, new_code, new_code_for,
        new_user, place, user_id,
    },
    steps::{all_at_once, given_code, given_user, retried, try_to_guess},
};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;
/// The digits of the right code.
const RIGHT: &str = "123456";
/// Other digits.
const WRONG: &str = "654321";

/// A code is accepted once (replay).
pub async fn code_is_accepted_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Wrong);
}

/// A wrong guess leaves the code good.
pub async fn code_survives_a_wrong_guess(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    assert_eq!(guess(&*store, &code_guess(WRONG, ada)).await, Wrong);

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// Without a code, or without a user, every guess is wrong.
pub async fn guess_without_a_code_is_wrong(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    for user in [ada, user_id("eve")] {
        assert_eq!(guess(&*store, &code_guess(RIGHT, user)).await, Wrong);
    }
}

/// A code is not valid from the very moment it expires, but before.
pub async fn code_is_worthless_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let guess_at = |now| {
        let mut guess = code_guess(RIGHT, ada);
        guess.limits.now = now;
        guess
    };

    for now in [at(LIFE + 1), at(LIFE)] {
        assert_eq!(guess(&*store, &guess_at(now)).await, Wrong, "{now}");
    }

    let last_moment = just_before(at(LIFE));
    assert_eq!(guess(&*store, &guess_at(last_moment)).await, Accepted);
}

/// Another code replaces the one before, and expires on its own.
pub async fn later_code_replaces_an_earlier_one(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let later = NewCode {
        expires_at: at(LIFE + 60),
        ..new_code("000000", ada)
    };
    given_code(&*store, &later).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Wrong);

    let after_the_first = guess_at(LIFE, 0, "000000", ada);
    assert_eq!(guess(&*store, &after_the_first).await, Accepted);
}

/// A user may have a code for each purpose, and each is valid for its own only.
pub async fn code_of_one_purpose_is_none_of_another(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    given_code(
        &*store,
        &new_code_for(CodePurpose::Elevation, "000000", ada),
    )
    .await;

    let misused = CodeGuess {
        purpose: CodePurpose::Elevation,
        ..code_guess(RIGHT, ada)
    };
    assert_eq!(guess(&*store, &misused).await, Wrong);

    let elevating = code_guess_for(CodePurpose::Elevation, "000000", ada);
    assert_eq!(guess(&*store, &elevating).await, Accepted);
    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// A code is valid for its own user only.
pub async fn code_of_one_user_is_none_of_another(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_code(&*store, &new_code("000000", eve)).await;

    let stolen = CodeGuess {
        user_id: eve,
        ..code_guess(RIGHT, ada)
    };
    assert_eq!(guess(&*store, &stolen).await, Wrong);

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// After too many wrong guesses no other is compared, even a right one.
pub async fn too_many_wrong_guesses_close_the_account(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;

    for digits in [WRONG, RIGHT] {
        assert_eq!(guess(&*store, &code_guess(digits, ada)).await, TooManyWrong);
    }
}

/// Where no code is open there is nothing to guess at: a guess does not close the account, and its
/// answer is that of a wrong guess.
pub async fn guesses_without_an_open_code_are_not_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 15).await;
    given_code(&*store, &new_code(RIGHT, ada)).await;
    guess_wrongly(&*store, &guess_at(LIFE, 0, WRONG, ada), 15).await;

    let later = NewCode {
        expires_at: at(2 * LIFE),
        ..new_code(RIGHT, ada)
    };
    given_code(&*store, &later).await;
    guess_wrongly(&*store, &guess_at(LIFE, 0, WRONG, ada), 9).await;
    let right = guess_at(LIFE, 0, RIGHT, ada);
    assert_eq!(guess(&*store, &right).await, Accepted);
}

/// When strangers have used up their guesses, a known place of the owner has its own, at the same
/// code; for other networks the account stays closed.
pub async fn known_place_has_guesses_of_its_own(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    given_place(&*store, "home", ada).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;
    let closed = guess_from("cafe", RIGHT, ada);
    assert_eq!(guess(&*store, &closed).await, TooManyWrong);

    guess_wrongly(&*store, &guess_from("home", WRONG, ada), 9).await;

    assert_eq!(guess(&*store, &closed).await, TooManyWrong);
    let right = guess_from("home", RIGHT, ada);
    assert_eq!(guess(&*store, &right).await, Accepted);
}

/// A known place has no more guesses than strangers have.
pub async fn known_place_has_an_end_of_guesses(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    given_place(&*store, "home", ada).await;

    guess_wrongly(&*store, &guess_from("home", WRONG, ada), 10).await;

    let right = guess_from("home", RIGHT, ada);
    assert_eq!(guess(&*store, &right).await, TooManyWrong);
    let elsewhere = guess_from("cafe", RIGHT, ada);
    assert_eq!(guess(&*store, &elsewhere).await, Accepted);
}

/// Signing in from many places buys no more guesses in all.
pub async fn known_places_together_have_an_end_of_guesses(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    for name in ["home", "work", "cafe"] {
        given_place(&*store, name, ada).await;
    }
    guess_wrongly(&*store, &code_guess(WRONG, ada), 5).await;
    guess_wrongly(&*store, &guess_from("home", WRONG, ada), 10).await;
    guess_wrongly(&*store, &guess_from("work", WRONG, ada), 10).await;

    for name in ["home", "work", "cafe", "elsewhere"] {
        let right = guess_from(name, RIGHT, ada);
        assert_eq!(guess(&*store, &right).await, TooManyWrong, "{name}");
    }
}

/// Of thirty wrong guesses at the same moment from a known place ten are allowed.
pub async fn parallel_guesses_from_a_known_place_are_all_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    given_place(&*store, "home", ada).await;

    let wrong = guess_from("home", WRONG, ada);
    let verdicts = guess_in_parallel(Arc::clone(&store), &wrong, 30).await;

    assert_eq!(count(&verdicts, Wrong), 10, "{verdicts:?}");
}

/// A place is known for its time, to its user, and until it is forgotten.
pub async fn place_is_known_until_its_time_is_over(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_code(&*store, &new_code(RIGHT, eve)).await;
    given_place(&*store, "home", ada).await;
    // It was known for longer already, and that stays.
    note_place(&*store, "home", ada, DAY / 2).await;
    for user in [ada, eve] {
        guess_wrongly(&*store, &code_guess(WRONG, user), 10).await;
    }
    let awaits_at = async |now, user| {
        let mut guess = guess_from("home", RIGHT, user);
        guess.limits.now = now;
        awaits(&*store, &guess).await
    };

    assert!(awaits_at(at(60), ada).await);
    assert!(!awaits_at(at(60), eve).await);

    let long = NewCode {
        expires_at: at(9 * DAY),
        ..new_code(RIGHT, ada)
    };
    given_code(&*store, &long).await;
    assert!(awaits_at(just_before(at(DAY)), ada).await);
    assert!(!awaits_at(at(DAY), ada).await);
    note_place(&*store, "home", ada, 3 * DAY).await;
    assert!(awaits_at(at(DAY), ada).await);

    let mut work = store.begin().await.unwrap();
    work.sessions().forget_places_of(ada).await.unwrap();
    work.commit().await.unwrap();
    assert!(!awaits_at(at(DAY), ada).await);
}

/// Whether a guess would be compared is answered without counting it.
pub async fn guess_is_awaited_while_a_code_is_open(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let wrong = code_guess(WRONG, ada);
    assert!(!awaits(&*store, &wrong).await);

    given_code(&*store, &new_code(RIGHT, ada)).await;
    for _ in 0..15 {
        assert!(awaits(&*store, &wrong).await);
    }
    assert!(!awaits(&*store, &guess_at(LIFE, 0, WRONG, ada)).await);

    guess_wrongly(&*store, &wrong, 10).await;
    assert!(!awaits(&*store, &code_guess(RIGHT, ada)).await);
}

/// Another code buys no more guesses.
pub async fn wrong_guesses_survive_a_new_code(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    guess_wrongly(&*store, &code_guess(WRONG, ada), 9).await;
    given_code(&*store, &new_code("000000", ada)).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 1).await;

    let right = code_guess("000000", ada);
    assert_eq!(guess(&*store, &right).await, TooManyWrong);
}

/// Guesses count whichever code of their kind they were made at.
pub async fn wrong_guesses_count_for_the_account(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    let reset = CodePurpose::InPlaceOf(TicketPurpose::ResetPassword);
    given_code(&*store, &new_code_for(reset, RIGHT, ada)).await;

    guess_wrongly(&*store, &code_guess_for(reset, WRONG, ada), 5).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 5).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, TooManyWrong);
    let resetting = code_guess_for(reset, RIGHT, ada);
    assert_eq!(guess(&*store, &resetting).await, TooManyWrong);
}

/// Any client can have a code sent that signs in. Guesses at it do not close the codes that
/// elevate, which only a signed-in user can have sent.
pub async fn wrong_guesses_of_strangers_spare_codes_that_elevate(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    for (open, elevating) in [
        (CodePurpose::SignIn, CodePurpose::Elevation),
        (CodePurpose::TextedSignIn, CodePurpose::TextedElevation),
    ] {
        for purpose in [open, elevating] {
            given_code(&*store, &new_code_for(purpose, RIGHT, ada)).await;
        }

        guess_wrongly(&*store, &code_guess_for(open, WRONG, ada), 10).await;

        let closed = code_guess_for(open, RIGHT, ada);
        assert_eq!(guess(&*store, &closed).await, TooManyWrong);
        let right = code_guess_for(elevating, RIGHT, ada);
        assert_eq!(guess(&*store, &right).await, Accepted);
    }
}

/// Guesses at one account do not close another.
pub async fn wrong_guesses_spare_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_code(&*store, &new_code(RIGHT, eve)).await;

    guess_wrongly(&*store, &code_guess(WRONG, eve), 10).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// An accepted code resets the count of wrong guesses before it.
pub async fn accepted_code_forgets_wrong_guesses(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 9).await;
    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);

    given_code(&*store, &new_code(RIGHT, ada)).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 9).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// Wrong guesses count from the very moment that the caller names, and not before.
pub async fn wrong_guesses_count_no_longer_than_asked(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    guess_wrongly(&*store, &guess_at(1, 0, WRONG, ada), 1).await;
    guess_wrongly(&*store, &guess_at(2, 0, WRONG, ada), 8).await;

    // Nine that count and one that does not.
    guess_wrongly(&*store, &counting_from(1, WRONG, ada), 1).await;
    assert_eq!(
        guess(&*store, &counting_from(1, WRONG, ada)).await,
        TooManyWrong
    );
    assert_eq!(guess(&*store, &counting_from(2, WRONG, ada)).await, Wrong);
    assert_eq!(
        guess(&*store, &counting_from(2, WRONG, ada)).await,
        TooManyWrong
    );
}

/// A guess that was not compared does not keep the account closed any longer.
pub async fn refused_guesses_are_not_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;
    for _ in 0..10 {
        let refused = guess_at(120, 0, WRONG, ada);
        assert_eq!(guess(&*store, &refused).await, TooManyWrong);
    }

    given_code(&*store, &new_code(RIGHT, ada)).await;

    assert_eq!(guess(&*store, &reopened(RIGHT, ada)).await, Accepted);
}

/// Guesses at codes of another kind are counted apart, and a right one there resets no count here.
pub async fn wrong_guesses_at_one_kind_spare_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let texted = CodePurpose::TextedSignIn;
    given_code(&*store, &new_code_for(texted, RIGHT, ada)).await;

    guess_wrongly(&*store, &code_guess_for(texted, WRONG, ada), 9).await;
    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);

    guess_wrongly(&*store, &code_guess_for(texted, WRONG, ada), 1).await;
    let closed = code_guess_for(texted, RIGHT, ada);
    assert_eq!(guess(&*store, &closed).await, TooManyWrong);
}

/// Proving one phone buys no more guesses at the code of another.
pub async fn wrong_guesses_at_a_new_phone_are_never_forgiven(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let change = CodePurpose::PhoneChange;
    given_code(&*store, &new_code_for(change, RIGHT, ada)).await;

    guess_wrongly(&*store, &code_guess_for(change, WRONG, ada), 9).await;
    let right = code_guess_for(change, RIGHT, ada);
    assert_eq!(guess(&*store, &right).await, Accepted);

    given_code(&*store, &new_code_for(change, RIGHT, ada)).await;
    guess_wrongly(&*store, &code_guess_for(change, WRONG, ada), 1).await;
    assert_eq!(guess(&*store, &right).await, TooManyWrong);
}

/// Of twenty concurrent guesses with the right code, one is accepted.
pub async fn parallel_right_guesses_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    let verdicts = guess_in_parallel(store, &code_guess(RIGHT, ada), 20).await;

    assert_eq!(count(&verdicts, Accepted), 1, "{verdicts:?}");
}

/// Of thirty concurrent wrong guesses ten are compared, and then the code is closed.
pub async fn parallel_wrong_guesses_are_all_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    let wrong = code_guess(WRONG, ada);
    let verdicts = guess_in_parallel(Arc::clone(&store), &wrong, 30).await;

    assert_eq!(count(&verdicts, Wrong), 10, "{verdicts:?}");
    assert_eq!(count(&verdicts, TooManyWrong), 20, "{verdicts:?}");
    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, TooManyWrong);
}

/// Stores `ada` with a code for signing in. Returns her id.
async fn given_ada_with_code(store: &dyn Store) -> UserId {
    let ada = given_user(store, new_user("ada")).await.id;
    given_code(store, &new_code(RIGHT, ada)).await;
    ada
}

/// A guess so many seconds after samples are made, for which only wrong ones from `count_from` on
/// count.
fn guess_at(now: i64, count_from: i64, digits: &str, user: UserId) -> CodeGuess {
    CodeGuess {
        limits: guess_limits(now, count_from),
        ..code_guess(digits, user)
    }
}

/// A guess for which only wrong ones from this second on count.
fn counting_from(seconds: i64, digits: &str, user: UserId) -> CodeGuess {
    guess_at(60, seconds, digits, user)
}

/// A guess for which none of the samples' wrong guesses count.
fn reopened(digits: &str, user: UserId) -> CodeGuess {
    guess_at(180, 61, digits, user)
}

/// A guess from the network with this name.
fn guess_from(name: &str, digits: &str, user: UserId) -> CodeGuess {
    let mut guess = code_guess(digits, user);
    guess.limits.place = Some(place(name, user));
    guess
}

/// Stores a network with this name as a place of a user, known for a day.
async fn given_place(store: &dyn Store, name: &str, user: UserId) {
    note_place(store, name, user, DAY).await;
}

async fn note_place(store: &dyn Store, name: &str, user: UserId, until: i64) {
    let mut work = store.begin().await.unwrap();
    let place = place(name, user);
    let noted = work.sessions().note_place(user, &place, at(until)).await;
    noted.unwrap();
    work.commit().await.unwrap();
}

async fn awaits(store: &dyn Store, guess: &CodeGuess) -> bool {
    let mut work = store.begin().await.unwrap();
    let awaits = work.tickets().awaits_guess(guess).await.unwrap();
    work.rollback().await.unwrap();
    awaits
}

async fn guess(store: &dyn Store, guess: &CodeGuess) -> CodeVerdict {
    try_to_guess(store, guess).await.unwrap()
}

/// Makes a guess so many times, which has to be wrong each time.
async fn guess_wrongly(store: &dyn Store, wrong: &CodeGuess, times: usize) {
    for number in 0..times {
        assert_eq!(guess(store, wrong).await, Wrong, "guess {number}");
    }
}

async fn guess_in_parallel(
    store: Arc<dyn Store>,
    guess: &CodeGuess,
    times: usize,
) -> Vec<CodeVerdict> {
    let outcomes = all_at_once((0..times).map(|_| {
        let (store, guess) = (Arc::clone(&store), guess.clone());
        async move { retried(|| try_to_guess(&*store, &guess)).await }
    }))
    .await;
    outcomes.into_iter().map(Result::unwrap).collect()
}

fn count(verdicts: &[CodeVerdict], wanted: CodeVerdict) -> usize {
    let wanted = verdicts.iter().filter(|verdict| **verdict == wanted);
    wanted.count()
}
