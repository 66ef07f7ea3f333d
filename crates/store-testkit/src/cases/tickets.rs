//! Tickets: each is taken once (replay).

use std::{slice, sync::Arc};

use auth_domain::{
    DateTime, Utc,
    one_time_code::{CodePurpose, CodeVerdict},
    ports::Store,
    ticket::{NewTicket, RedeemedTicket, Ticket, TicketPurpose},
    user::UserId,
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, challenge, code_guess, code_guess_for, exchange_code_hash, just_before, new_code,
        new_code_for, new_exchange_code, new_ticket, new_user, ticket, ticket_for, user_id,
    },
    steps::{
        all_at_once, given_code, given_exchange_code, given_ticket, given_user, retried, take,
        try_to_guess, try_to_take,
    },
};

/// A ticket finds its user and its code challenge.
pub async fn ticket_is_taken_as_it_was_stored(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    let proven = NewTicket {
        code_challenge: Some(challenge()),
        ..new_ticket(&ticket("ada's"), ada)
    };
    given_ticket(&*store, &proven).await;
    given_ticket(&*store, &new_ticket(&ticket("eve's"), eve)).await;

    let adas = take(&*store, &ticket("ada's")).await.unwrap();
    assert_eq!(adas.user_id, ada);
    assert_eq!(adas.code_challenge, Some(challenge()));

    let eves = take(&*store, &ticket("eve's")).await.unwrap();
    assert_eq!(eves.user_id, eve);
    assert_eq!(eves.code_challenge, None);
}

/// Finding a ticket returns what taking it would, and leaves it valid until it is taken or expires.
pub async fn found_ticket_stays_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let proven = NewTicket {
        code_challenge: Some(challenge()),
        ..new_ticket(&ticket("first"), ada)
    };
    given_ticket(&*store, &proven).await;

    for _ in 0..2 {
        let seen = find(&*store, &ticket("first"), at(60)).await.unwrap();
        assert_eq!(seen.user_id, ada);
        assert_eq!(seen.code_challenge, Some(challenge()));
    }
    assert!(
        find(&*store, &ticket("first"), proven.expires_at)
            .await
            .is_none()
    );

    assert!(take(&*store, &ticket("first")).await.is_some());
    assert!(find(&*store, &ticket("first"), at(60)).await.is_none());
}

/// A ticket that was taken is not valid any more.
pub async fn ticket_is_taken_once(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_tickets_of_ada(&*store, &[ticket("first")]).await;

    assert!(take(&*store, &ticket("first")).await.is_some());

    assert_eq!(take(&*store, &ticket("first")).await, None);
}

/// A ticket that was never issued is not valid, even if it differs from one in its purpose alone.
pub async fn unknown_ticket_is_not_taken(fixture: &dyn Fixture) {
    let store = fixture.store();
    let known = ticket_for(TicketPurpose::VerifyEmail, "first");
    given_tickets_of_ada(&*store, slice::from_ref(&known)).await;

    let similar = ticket_for(TicketPurpose::ResetPassword, "first");
    for unknown in [similar, ticket("second")] {
        assert_eq!(take(&*store, &unknown).await, None, "{unknown:?}");
    }

    assert!(take(&*store, &known).await.is_some());
}

/// A ticket is not valid from the very moment it expires, but before.
pub async fn ticket_is_worthless_when_it_expires(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_tickets_of_ada(&*store, &[ticket("first")]).await;

    for now in [at(LIFE + 1), at(LIFE)] {
        assert_eq!(take_at(&*store, "first", now).await, None, "{now}");
    }

    let last_moment = just_before(at(LIFE));
    assert!(take_at(&*store, "first", last_moment).await.is_some());
}

/// Another ticket of the same purpose does not invalidate an earlier one.
pub async fn earlier_ticket_stays_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_tickets_of_ada(&*store, &[ticket("first"), ticket("second")]).await;

    assert!(take(&*store, &ticket("first")).await.is_some());
}

/// Taking a ticket takes all that its user has of the same purpose, earlier and later ones.
pub async fn taken_ticket_takes_its_siblings_along(fixture: &dyn Fixture) {
    let store = fixture.store();
    let [first, second, third] = ["first", "second", "third"].map(ticket);
    given_tickets_of_ada(&*store, &[first.clone(), second.clone(), third.clone()]).await;

    assert!(take(&*store, &second).await.is_some());

    assert_eq!(take(&*store, &first).await, None);
    assert_eq!(take(&*store, &third).await, None);
}

/// Tickets of other purposes are not touched.
pub async fn taken_ticket_spares_those_of_other_purposes(fixture: &dyn Fixture) {
    let store = fixture.store();
    let tickets = TicketPurpose::ALL.map(|purpose| ticket_for(purpose, "same name"));
    given_tickets_of_ada(&*store, &tickets).await;

    for ticket in tickets {
        assert!(take(&*store, &ticket).await.is_some(), "{ticket:?}");
    }
}

/// Tickets of other users are not touched.
pub async fn taken_ticket_spares_those_of_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    for name in ["ada", "eve"] {
        let user = given_user(&*store, new_user(name)).await.id;
        given_ticket(&*store, &new_ticket(&ticket(name), user)).await;
    }

    assert!(take(&*store, &ticket("ada")).await.is_some());

    assert!(take(&*store, &ticket("eve")).await.is_some());
}

/// An expired ticket takes no other along.
pub async fn expired_ticket_spares_its_siblings(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_tickets_of_ada(&*store, &[ticket("first")]).await;
    let later = NewTicket {
        created_at: at(1),
        expires_at: at(LIFE + 1),
        ..new_ticket(&ticket("second"), ada)
    };
    given_ticket(&*store, &later).await;

    assert_eq!(take_at(&*store, "first", at(LIFE)).await, None);

    assert!(take_at(&*store, "second", at(LIFE)).await.is_some());
}

/// A ticket whose taking was rolled back is as valid as before, and so are its siblings.
pub async fn ticket_of_undone_work_stays_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    let [first, second] = ["first", "second"].map(ticket);
    given_tickets_of_ada(&*store, &[first.clone(), second.clone()]).await;

    let mut work = store.begin().await.unwrap();
    let taken = work.tickets().take(&first, at(60)).await.unwrap();
    let gone = work.tickets().take(&second, at(60)).await.unwrap();
    work.rollback().await.unwrap();

    assert!(taken.is_some());
    assert_eq!(gone, None);
    assert!(take(&*store, &second).await.is_some());
}

/// A ticket that was taken takes the code along that was mailed in its place, and no other.
pub async fn taken_ticket_takes_the_code_in_its_place_along(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_tickets_of_ada(&*store, &[ticket("first")]).await;
    let in_its_place = CodePurpose::InPlaceOf(ticket("first").purpose());
    let elsewhere = CodePurpose::InPlaceOf(TicketPurpose::ResetPassword);
    for purpose in [in_its_place, elsewhere, CodePurpose::SignIn] {
        given_code(&*store, &new_code_for(purpose, "123456", ada)).await;
    }

    assert!(take(&*store, &ticket("first")).await.is_some());

    for (purpose, verdict) in [
        (in_its_place, CodeVerdict::Wrong),
        (elsewhere, CodeVerdict::Accepted),
        (CodePurpose::SignIn, CodeVerdict::Accepted),
    ] {
        let guess = code_guess_for(purpose, "123456", ada);
        let judged = try_to_guess(&*store, &guess).await.unwrap();
        assert_eq!(judged, verdict, "{purpose:?}");
    }
}

/// A code that was accepted in place of a ticket takes the tickets of that purpose along, and a
/// wrong one does not.
pub async fn accepted_code_takes_the_tickets_in_whose_place_it_is_along(fixture: &dyn Fixture) {
    let store = fixture.store();
    let verify = ticket_for(TicketPurpose::VerifyEmail, "first");
    let reset = ticket_for(TicketPurpose::ResetPassword, "first");
    let other_reset = ticket_for(TicketPurpose::ResetPassword, "second");
    let tickets = [verify.clone(), reset.clone(), other_reset.clone()];
    let ada = given_tickets_of_ada(&*store, &tickets).await;
    let purpose = CodePurpose::InPlaceOf(TicketPurpose::ResetPassword);
    given_code(&*store, &new_code_for(purpose, "123456", ada)).await;

    let wrong = try_to_guess(&*store, &code_guess_for(purpose, "654321", ada)).await;
    let right = try_to_guess(&*store, &code_guess_for(purpose, "123456", ada)).await;

    assert_eq!(wrong.unwrap(), CodeVerdict::Wrong);
    assert_eq!(right.unwrap(), CodeVerdict::Accepted);
    for spent in [reset, other_reset] {
        assert_eq!(take(&*store, &spent).await, None, "{spent:?}");
    }
    assert!(take(&*store, &verify).await.is_some());
}

/// Deleting tickets concerns one user, and all purposes.
pub async fn forgetting_tickets_spares_other_users(fixture: &dyn Fixture) {
    let store = fixture.store();
    let tickets = TicketPurpose::ALL.map(|purpose| ticket_for(purpose, "ada's"));
    let ada = given_tickets_of_ada(&*store, &tickets).await;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_ticket(&*store, &new_ticket(&ticket("eve's"), eve)).await;

    forget_all_of(&*store, ada).await;

    for ticket in tickets {
        assert_eq!(take(&*store, &ticket).await, None, "{ticket:?}");
    }
    assert!(take(&*store, &ticket("eve's")).await.is_some());
}

/// Deleting tickets deletes codes, too, so that nothing that was sent opens the account.
pub async fn forgetting_tickets_forgets_codes_too(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    for (user, exchange) in [(ada, "ada's"), (eve, "eve's")] {
        given_code(&*store, &new_code("123456", user)).await;
        given_exchange_code(&*store, &new_exchange_code(exchange, user)).await;
    }

    forget_all_of(&*store, ada).await;

    let guess = async |user| {
        try_to_guess(&*store, &code_guess("123456", user))
            .await
            .unwrap()
    };
    assert_eq!(guess(ada).await, CodeVerdict::Wrong);
    assert_eq!(guess(eve).await, CodeVerdict::Accepted);
    let exchange = async |name: &str| {
        let mut work = store.begin().await.unwrap();
        let hash = exchange_code_hash(name);
        work.tickets()
            .take_exchange_code(&hash, at(0))
            .await
            .unwrap()
    };
    assert_eq!(exchange("ada's").await, None);
    assert!(exchange("eve's").await.is_some());
}

/// Idempotent: deleting is harmless where there is nothing, or no user, and does not affect later
/// tickets.
pub async fn forgetting_tickets_is_harmless_when_there_are_none(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    forget_all_of(&*store, ada).await;
    forget_all_of(&*store, user_id("eve")).await;

    given_ticket(&*store, &new_ticket(&ticket("first"), ada)).await;
    assert!(take(&*store, &ticket("first")).await.is_some());
}

/// What would move the account to another address or number is deleted, and nothing else.
pub async fn forgetting_changes_spares_other_tickets_and_codes(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    let change = TicketPurpose::ConfirmEmailChange;
    let changes = [CodePurpose::InPlaceOf(change), CodePurpose::PhoneChange];
    for (user, name) in [(ada, "ada's"), (eve, "eve's")] {
        for purpose in [change, TicketPurpose::VerifyEmail] {
            given_ticket(&*store, &new_ticket(&ticket_for(purpose, name), user)).await;
        }
        for purpose in changes.into_iter().chain([CodePurpose::SignIn]) {
            given_code(&*store, &new_code_for(purpose, "123456", user)).await;
        }
    }

    let mut work = store.begin().await.unwrap();
    work.tickets().forget_changes_of(ada, at(60)).await.unwrap();
    work.commit().await.unwrap();

    let guess = async |purpose, user| {
        let guess = code_guess_for(purpose, "123456", user);
        try_to_guess(&*store, &guess).await.unwrap()
    };
    for purpose in changes {
        assert_eq!(guess(purpose, ada).await, CodeVerdict::Wrong, "{purpose:?}");
    }
    assert_eq!(take(&*store, &ticket_for(change, "ada's")).await, None);
    assert_eq!(guess(CodePurpose::SignIn, ada).await, CodeVerdict::Accepted);
    let verifying = ticket_for(TicketPurpose::VerifyEmail, "ada's");
    assert!(take(&*store, &verifying).await.is_some());
    let by_phone = guess(CodePurpose::PhoneChange, eve).await;
    assert_eq!(by_phone, CodeVerdict::Accepted);
    assert!(take(&*store, &ticket_for(change, "eve's")).await.is_some());
}

/// Of fifty concurrent calls with one ticket, one gets it.
pub async fn parallel_takes_of_one_ticket_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    given_tickets_of_ada(&*store, &[ticket("first")]).await;

    assert_one_is_taken(store, vec![ticket("first"); 50]).await;
}

/// The same when each presents another ticket of one user and purpose.
pub async fn parallel_takes_of_siblings_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    let siblings: Vec<Ticket> = (0..20)
        .map(|number| ticket(&format!("sibling {number}")))
        .collect();
    given_tickets_of_ada(&*store, &siblings).await;

    assert_one_is_taken(store, siblings).await;
}

/// Stores `ada` with tickets that have [`LIFE`], one after the other. Returns her id.
async fn given_tickets_of_ada(store: &dyn Store, tickets: &[Ticket]) -> UserId {
    let ada = given_user(store, new_user("ada")).await.id;
    for ticket in tickets {
        given_ticket(store, &new_ticket(ticket, ada)).await;
    }
    ada
}

async fn take_at(store: &dyn Store, name: &str, now: DateTime<Utc>) -> Option<RedeemedTicket> {
    try_to_take(store, &ticket(name), now).await.unwrap()
}

async fn forget_all_of(store: &dyn Store, user: UserId) {
    let mut work = store.begin().await.unwrap();
    work.tickets().forget_all_of(user).await.unwrap();
    work.commit().await.unwrap();
}

/// Takes all of `tickets` at the same moment.
async fn assert_one_is_taken(store: Arc<dyn Store>, tickets: Vec<Ticket>) {
    let outcomes = all_at_once(tickets.into_iter().map(|ticket| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_take(&*store, &ticket, at(60))).await }
    }))
    .await;

    let taken = outcomes.into_iter().map(Result::unwrap);
    assert_eq!(taken.flatten().count(), 1);
}

async fn find(store: &dyn Store, ticket: &Ticket, now: DateTime<Utc>) -> Option<RedeemedTicket> {
    let mut work = store.begin().await.unwrap();
    let found = work.tickets().find(ticket, now).await;
    work.rollback().await.unwrap();
    found.unwrap()
}
