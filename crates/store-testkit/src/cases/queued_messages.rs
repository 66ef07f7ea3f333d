//! The message queue: each message is leased to one worker at a time, is never lost before it
//! expires, and never outlives what it carries.

use std::sync::Arc;

use auth_domain::{
    one_time_code::{CodePurpose, CodeVerdict},
    ports::{Store, UnitOfWork},
    queued_message::{Carried, FailedAttempt, NewQueuedMessage, QueuedMessage},
    ticket::TicketPurpose,
    user::UserId,
};

use crate::{
    Fixture,
    samples::{
        LIFE, at, code_guess, just_before, new_code, new_ticket, new_user, queued_message, ticket,
        ticket_for,
    },
    steps::{all_at_once, given_code, given_user, retried, take, try_to_guess},
};

/// When the first lease of a sample has run out.
const DUE: i64 = 45;

/// Everything about a message comes back.
pub async fn queued_message_is_listed_as_it_was_queued(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    let listed = messages_of(&*store, ada).await;

    let expected = QueuedMessage {
        id: queued.id,
        user_id: ada,
        template: queued.template.to_owned(),
        payload: queued.payload,
        created_at: at(1),
        expires_at: at(LIFE),
        attempts: 1,
        is_claimed: true,
        next_attempt_at: at(DUE),
        last_error: None,
    };
    assert_eq!(listed, [expected]);
}

/// While the request that queued it makes the first attempt, no worker gets it.
pub async fn queued_message_belongs_to_its_first_attempt(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    assert_eq!(leased(&*store, DUE - 1).await, []);
    assert!(!store.expedite_message(queued.id, at(2)).await.unwrap());
    assert_eq!(leased(&*store, DUE - 1).await, []);
}

/// A message whose server was killed is leased again when its lease runs out.
pub async fn message_is_leased_again_when_its_lease_runs_out(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    let leased = leased(&*store, DUE).await;

    let message = only(leased);
    assert_eq!(message.id, queued.id);
    assert_eq!(message.payload, queued.payload);
    assert_eq!((message.attempts, message.is_claimed), (2, true));
    assert_eq!(message.next_attempt_at, at(DUE + 45));
}

/// A lease keeps other workers away until it runs out.
pub async fn leased_message_is_not_leased_before_its_lease_runs_out(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_message(&*store, "first", ada).await;
    assert_eq!(leased(&*store, DUE).await.len(), 1);

    assert_eq!(leased(&*store, DUE + 44).await, []);
    assert_eq!(leased(&*store, DUE + 45).await.len(), 1);
}

/// A call leases up to the limit, the longest waiting first.
pub async fn no_more_is_leased_than_asked_and_the_longest_waiting_first(fixture: &dyn Fixture) {
    let store = fixture.store();
    for (name, due) in [("eve", 20), ("ada", 10), ("bob", 30)] {
        let user = given_user(&*store, new_user(name)).await.id;
        let message = NewQueuedMessage {
            leased_until: at(due),
            ..message_with_ticket(name, user)
        };
        queue(&*store, name, &message).await;
    }

    let first = store.lease_messages(at(DUE), at(100), 2).await.unwrap();
    let none = store.lease_messages(at(DUE), at(100), 0).await.unwrap();
    let second = store.lease_messages(at(DUE), at(100), 2).await.unwrap();

    let users = |leased: &[QueuedMessage]| {
        let mut users: Vec<_> = leased.iter().map(|it| it.user_id).collect();
        users.sort();
        users
    };
    let named = |name: &str| new_user(name).id;
    assert_eq!(users(&first), [named("ada"), named("eve")]);
    assert_eq!(none, []);
    assert_eq!(users(&second), [named("bob")]);
}

/// Of servers that lease at the same moment one gets a message, and none waits for another.
pub async fn parallel_leases_of_one_message_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();
    for number in 0..20 {
        let name = format!("user{number}");
        let user = given_user(&*store, new_user(&name)).await.id;
        given_message(&*store, &name, user).await;
    }

    let of_each = all_at_once((0..8).map(|_| {
        let store = Arc::clone(&store);
        async move {
            let mut leased = Vec::new();
            loop {
                let some = retried(|| store.lease_messages(at(DUE), at(DUE + 45), 3)).await;
                let some = some.unwrap();
                if some.is_empty() {
                    return leased;
                }
                leased.extend(some.into_iter().map(|it| it.id));
                tokio::task::yield_now().await;
            }
        }
    }))
    .await;

    let mut leased = of_each.concat();
    let count = leased.len();
    leased.sort();
    leased.dedup();
    assert_eq!(count, leased.len(), "each message was leased once");
    // A call skips what another call has locked, so some may be left.
    let left = store.lease_messages(at(DUE), at(DUE + 45), 100).await;
    assert_eq!(count + left.unwrap().len(), 20);
}

/// A message that was sent is not attempted again.
pub async fn removed_message_is_gone(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    store.remove_message(queued.id).await.unwrap();
    store.remove_message(queued.id).await.unwrap();

    assert_eq!(leased(&*store, DUE).await, []);
    assert_eq!(messages_of(&*store, ada).await, []);
}

/// A failed attempt is recorded, and the next one is due when it says.
pub async fn failed_attempt_is_made_again_when_it_is_due(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    let failed = failed_attempt(&queued, 1, 7);
    store.postpone_message(&failed).await.unwrap();

    let listed = only(messages_of(&*store, ada).await);
    assert_eq!((listed.attempts, listed.is_claimed), (1, false));
    assert_eq!(listed.last_error.as_deref(), Some("no answer in time"));
    let early = store.lease_messages(just_before(at(7)), at(50), 10).await;
    assert_eq!(early.unwrap(), []);
    let again = only(leased(&*store, 7).await);
    assert_eq!(again.attempts, 2);
    assert_eq!(again.last_error, listed.last_error);
}

/// An attempt that took longer than its lease changes nothing once another has begun.
pub async fn attempt_that_was_overtaken_changes_nothing(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;
    assert_eq!(leased(&*store, DUE).await.len(), 1);

    let late = failed_attempt(&queued, 1, DUE + 1);
    store.postpone_message(&late).await.unwrap();

    assert_eq!(leased(&*store, DUE + 1).await, []);
    assert_eq!(only(messages_of(&*store, ada).await).last_error, None);
}

/// An expired message is not leased.
pub async fn expired_message_is_not_leased(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;

    assert_eq!(leased(&*store, LIFE).await, []);

    let listed = store.list_messages(at(LIFE), 100).await.unwrap();
    assert!(listed.iter().all(|it| it.id != queued.id));
    let last = store.lease_messages(just_before(at(LIFE)), at(LIFE), 10);
    assert_eq!(last.await.unwrap().len(), 1);
}

/// An operator can make a message due at once.
pub async fn message_is_due_at_once_when_expedited(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let queued = given_message(&*store, "first", ada).await;
    let failed = failed_attempt(&queued, 1, 600);
    store.postpone_message(&failed).await.unwrap();

    assert!(store.expedite_message(queued.id, at(3)).await.unwrap());

    assert_eq!(leased(&*store, 3).await.len(), 1);
    store.remove_message(queued.id).await.unwrap();
    assert!(!store.expedite_message(queued.id, at(3)).await.unwrap());
}

/// A rolled-back unit of work queues no message.
pub async fn message_of_undone_work_is_not_queued(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let mut work = store.begin().await.unwrap();
    write(&mut *work, "first", &message_with_ticket("first", ada)).await;

    work.rollback().await.unwrap();

    assert_eq!(messages_of(&*store, ada).await, []);
    assert_eq!(leased(&*store, DUE).await, []);
}

/// Of several messages of one purpose the last is sent, and an earlier attempt that ends afterwards
/// does not change it.
pub async fn later_message_replaces_an_earlier_one(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let earlier = given_message(&*store, "first", ada).await;
    let failed = failed_attempt(&earlier, 1, 600);
    store.postpone_message(&failed).await.unwrap();

    let later = given_message(&*store, "second", ada).await;
    store.remove_message(earlier.id).await.unwrap();

    let listed = only(messages_of(&*store, ada).await);
    assert_eq!(listed.id, later.id);
    assert_eq!(listed.payload, later.payload);
    assert_eq!((listed.attempts, listed.is_claimed), (1, true));
    assert_eq!(listed.last_error, None);
}

/// A message of one purpose is not replaced by one of another.
pub async fn message_of_another_purpose_stays(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;

    given_message(&*store, "first", ada).await;
    given_message_with_code(&*store, "second", ada).await;

    assert_eq!(messages_of(&*store, ada).await.len(), 2);
}

/// A code that is replaced by one that is not sent loses its message.
pub async fn withdrawn_message_is_gone(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let kept = given_message(&*store, "first", ada).await;
    given_message_with_code(&*store, "second", ada).await;

    let mut work = store.begin().await.unwrap();
    let messages = work.messages();
    messages.withdraw(ada, CodePurpose::SignIn).await.unwrap();
    work.commit().await.unwrap();

    assert_eq!(only(messages_of(&*store, ada).await).id, kept.id);
}

/// A ticket that is taken or deleted loses its message.
pub async fn message_goes_with_its_ticket(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_message(&*store, "taken", ada).await;

    assert!(take(&*store, &ticket("taken")).await.is_some());
    assert_eq!(messages_of(&*store, ada).await, []);

    given_message(&*store, "forgotten", ada).await;
    let mut work = store.begin().await.unwrap();
    work.tickets().forget_all_of(ada).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(messages_of(&*store, ada).await, []);
}

/// A code that was accepted loses its message; a wrong guess changes nothing.
pub async fn message_goes_with_its_code(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    given_message_with_code(&*store, "first", ada).await;

    let wrong = try_to_guess(&*store, &code_guess("654321", ada)).await;
    assert_eq!(wrong.unwrap(), CodeVerdict::Wrong);
    assert_eq!(messages_of(&*store, ada).await.len(), 1);

    let right = try_to_guess(&*store, &code_guess("123456", ada)).await;
    assert_eq!(right.unwrap(), CodeVerdict::Accepted);
    assert_eq!(messages_of(&*store, ada).await, []);
}

/// A deleted user loses their messages.
pub async fn message_goes_with_its_user(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let eve = given_user(&*store, new_user("eve")).await.id;
    given_message(&*store, "first", ada).await;
    given_message_with_code(&*store, "second", ada).await;
    let other = given_message(&*store, "third", eve).await;

    fixture.delete(ada).await;

    assert_eq!(only(leased(&*store, DUE).await).id, other.id);
}

/// A message cannot be queued before what it carries.
pub async fn message_that_carries_nothing_is_refused(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ada = given_user(&*store, new_user("ada")).await.id;
    let without_code = queued_message("second", ada, Carried::Code(CodePurpose::SignIn));

    for message in [message_with_ticket("first", ada), without_code] {
        let mut work = store.begin().await.unwrap();
        assert!(work.messages().enqueue(&message).await.is_err());
        work.rollback().await.unwrap();
    }

    assert_eq!(messages_of(&*store, ada).await, []);
}

/// A message with the verification ticket of the same name.
fn message_with_ticket(name: &str, user: UserId) -> NewQueuedMessage {
    let hash = ticket_for(TicketPurpose::VerifyEmail, name).hashed();
    let carried = Carried::Ticket(TicketPurpose::VerifyEmail, hash);
    queued_message(name, user, carried)
}

/// Stores the ticket with this name, and a message that carries it.
async fn write(work: &mut dyn UnitOfWork, name: &str, message: &NewQueuedMessage) {
    let row = new_ticket(&ticket(name), message.user_id);
    work.tickets().insert(&row).await.unwrap();
    work.messages().enqueue(message).await.unwrap();
}

async fn queue(store: &dyn Store, name: &str, message: &NewQueuedMessage) {
    let mut work = store.begin().await.unwrap();
    write(&mut *work, name, message).await;
    work.commit().await.unwrap();
}

/// Queues a message with a ticket of the same name.
async fn given_message(store: &dyn Store, name: &str, user: UserId) -> NewQueuedMessage {
    let message = message_with_ticket(name, user);
    queue(store, name, &message).await;
    message
}

/// Queues a message with the code 123456 for signing in.
async fn given_message_with_code(store: &dyn Store, name: &str, user: UserId) {
    given_code(store, &new_code("123456", user)).await;
    let message = queued_message(name, user, Carried::Code(CodePurpose::SignIn));
    let mut work = store.begin().await.unwrap();
    work.messages().enqueue(&message).await.unwrap();
    work.commit().await.unwrap();
}

fn failed_attempt(message: &NewQueuedMessage, attempt: u32, next: i64) -> FailedAttempt {
    FailedAttempt {
        id: message.id,
        attempt,
        next_attempt_at: at(next),
        error: "no answer in time".to_owned(),
    }
}

/// Leases what is due at a moment, for 45 seconds.
async fn leased(store: &dyn Store, seconds: i64) -> Vec<QueuedMessage> {
    let lease = store.lease_messages(at(seconds), at(seconds + 45), 100);
    lease.await.unwrap()
}

/// The one message that there has to be.
fn only(messages: Vec<QueuedMessage>) -> QueuedMessage {
    let [message] = <[QueuedMessage; 1]>::try_from(messages).unwrap();
    message
}

/// The messages of a user that wait two seconds after samples are made.
async fn messages_of(store: &dyn Store, user: UserId) -> Vec<QueuedMessage> {
    let listed = store.list_messages(at(2), 100).await.unwrap();
    listed.into_iter().filter(|it| it.user_id == user).collect()
}
