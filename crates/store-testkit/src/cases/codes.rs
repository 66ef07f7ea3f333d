//! One-time codes: short-lived, good once, and not to be found by trying.

use std::sync::Arc;

use auth_domain::{
    one_time_code::{
        CodeGuess, CodePurpose,
        CodeVerdict::{self, Accepted, TooManyWrong, Wrong},
        NewCode,
    },
    ports::Store,
    user::UserId,
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, code_guess, code_guess_for, just_before, new_code, new_code_for, new_user,
        user_id,
    },
    steps::{all_at_once, given_code, given_user, retried, try_to_guess},
};

/// The digits of the code that is there.
const RIGHT: &str = "123456";
/// Other digits.
const WRONG: &str = "654321";

/// A code is accepted, and is none any more afterwards.
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

/// Where there is no code, or nobody, every guess is wrong.
pub async fn guess_without_a_code_is_wrong(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    for user in [ada, user_id("eve")] {
        assert_eq!(guess(&*store, &code_guess(RIGHT, user)).await, Wrong);
    }
}

/// A code is worthless from the very moment it expires, but not before.
pub async fn code_is_worthless_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let guess_at = |now| CodeGuess {
        now,
        ..code_guess(RIGHT, ada)
    };

    for now in [at(LIFE + 1), at(LIFE)] {
        assert_eq!(guess(&*store, &guess_at(now)).await, Wrong, "{now}");
    }

    let last_moment = just_before(at(LIFE));
    assert_eq!(guess(&*store, &guess_at(last_moment)).await, Accepted);
}

/// Another code takes the place of the one before, and has a life of its own.
pub async fn later_code_replaces_an_earlier_one(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let later = NewCode {
        expires_at: at(LIFE + 60),
        ..new_code("000000", ada)
    };
    given_code(&*store, &later).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Wrong);

    let after_the_first = CodeGuess {
        now: at(LIFE),
        ..code_guess("000000", ada)
    };
    assert_eq!(guess(&*store, &after_the_first).await, Accepted);
}

/// A user may have a code for each purpose, and each is good for its own alone.
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

/// A code is good for its own user alone.
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

/// After so many wrong guesses no other is looked at, be it right.
pub async fn too_many_wrong_guesses_close_the_account(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;

    for digits in [WRONG, RIGHT] {
        assert_eq!(guess(&*store, &code_guess(digits, ada)).await, TooManyWrong);
    }
}

/// The last wrong guess that is allowed burns the code: it is not good again when the guesses no
/// longer count.
pub async fn too_many_wrong_guesses_burn_the_code(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;

    assert_eq!(guess(&*store, &reopened(RIGHT, ada)).await, Wrong);
}

/// A code that was put in place of a burnt one is burnt by the next guess.
pub async fn guess_at_a_closed_account_burns_the_code(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;
    given_code(&*store, &new_code(RIGHT, ada)).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, TooManyWrong);

    assert_eq!(guess(&*store, &reopened(RIGHT, ada)).await, Wrong);
}

/// Asking for another code buys no more guesses.
pub async fn wrong_guesses_survive_a_new_code(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    guess_wrongly(&*store, &code_guess(WRONG, ada), 9).await;
    given_code(&*store, &new_code("000000", ada)).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 1).await;

    let right = code_guess("000000", ada);
    assert_eq!(guess(&*store, &right).await, TooManyWrong);
}

/// Guesses count whatever they were to be good for, and also where there was no code.
pub async fn wrong_guesses_count_for_the_account(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    let without_code = code_guess_for(CodePurpose::Elevation, WRONG, ada);
    guess_wrongly(&*store, &without_code, 5).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 5).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, TooManyWrong);
    assert_eq!(guess(&*store, &without_code).await, TooManyWrong);
}

/// Guesses at one account do not close another.
pub async fn wrong_guesses_spare_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let eve = given_user(&*store, new_user("eve")).await.id;

    guess_wrongly(&*store, &code_guess(WRONG, eve), 10).await;

    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);
}

/// A code that is accepted makes up for the wrong guesses before it.
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
    let wrong_at = |now| CodeGuess {
        now,
        ..code_guess(WRONG, ada)
    };
    guess_wrongly(&*store, &wrong_at(at(1)), 1).await;
    guess_wrongly(&*store, &wrong_at(at(2)), 8).await;

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

/// A guess that was not looked at does not keep the account closed any longer.
pub async fn refused_guesses_are_not_counted(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    guess_wrongly(&*store, &code_guess(WRONG, ada), 10).await;
    for _ in 0..10 {
        let refused = CodeGuess {
            now: at(120),
            ..code_guess(WRONG, ada)
        };
        assert_eq!(guess(&*store, &refused).await, TooManyWrong);
    }

    given_code(&*store, &new_code(RIGHT, ada)).await;

    assert_eq!(guess(&*store, &reopened(RIGHT, ada)).await, Accepted);
}

/// Guesses at codes that go elsewhere are counted apart, and a right one there forgives none here.
pub async fn wrong_guesses_at_one_kind_spare_others(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;
    let texted = CodePurpose::TextedSignIn;
    given_code(&*store, &new_code_for(texted, RIGHT, ada)).await;

    guess_wrongly(&*store, &code_guess_for(texted, WRONG, ada), 9).await;
    assert_eq!(guess(&*store, &code_guess(RIGHT, ada)).await, Accepted);

    let last = code_guess_for(CodePurpose::TextedElevation, WRONG, ada);
    guess_wrongly(&*store, &last, 1).await;
    let closed = code_guess_for(texted, RIGHT, ada);
    assert_eq!(guess(&*store, &closed).await, TooManyWrong);
}

/// Whoever proves one phone gets no more guesses at the code of another.
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

/// Of twenty who know the code and type it at the same moment, one is let in.
pub async fn parallel_right_guesses_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_ada_with_code(&*store).await;

    let verdicts = guess_in_parallel(store, &code_guess(RIGHT, ada), 20).await;

    assert_eq!(count(&verdicts, Accepted), 1, "{verdicts:?}");
}

/// Of thirty wrong guesses at the same moment ten are allowed, and then the code is burnt.
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

/// A guess for which only wrong ones from this second on count.
fn counting_from(seconds: i64, digits: &str, user: UserId) -> CodeGuess {
    CodeGuess {
        count_from: at(seconds),
        ..code_guess(digits, user)
    }
}

/// A guess for which none of those count that samples make.
fn reopened(digits: &str, user: UserId) -> CodeGuess {
    CodeGuess {
        now: at(180),
        ..counting_from(61, digits, user)
    }
}

async fn guess(store: &dyn Store, guess: &CodeGuess) -> CodeVerdict {
    try_to_guess(store, guess).await.unwrap()
}

/// Makes a guess so many times, each of which has to be a wrong one.
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
