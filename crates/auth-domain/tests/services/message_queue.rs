//! Messages that could not be sent at once.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    policy::AuthPolicy,
    ports::CodeDelivery,
    queued_message::{LEASE, MessageId},
    services::{
        Audience, EmailSignIn, Error, Failure, LinkRequest, MessageDeliveryService,
        MessageQueueService, SignUpOptions, SignedUp, SmsSignIn,
    },
    testing::PlainCipher,
    user::PhoneNumber,
};

use crate::world::{Errands, World, email, sign_up};

const ADA: &str = "ada@example.com";

fn verified(policy: &mut AuthPolicy) {
    policy.accounts.email_verification_required = true;
}

fn queue(world: &World) -> MessageQueueService {
    let store = Arc::clone(&world.store);
    MessageQueueService::new(store, Arc::new(PlainCipher), Arc::clone(&world.clock) as _)
}

fn delivery(world: &World) -> MessageDeliveryService {
    let sms = CodeDelivery::Message(Arc::clone(&world.sms) as _);
    let mailer = Arc::clone(&world.mailer) as _;
    MessageDeliveryService::new(queue(world), mailer, Some(&sms))
}

/// Does what a server does every few seconds; returns the number of attempts.
async fn work_off(world: &World) -> usize {
    let delivery = delivery(world);
    let leased = delivery.lease(100).await.unwrap();
    let count = leased.len();
    for message in leased {
        delivery.deliver(message).await;
    }
    count
}

/// How many messages wait.
async fn waiting(world: &World) -> usize {
    queue(world).list(100).await.unwrap().len()
}

fn link_for(address: &str) -> LinkRequest {
    LinkRequest {
        email: email(address),
        redirect_to: None,
        code_challenge: None,
    }
}

/// A world in which a mail to a new user could not be sent.
async fn with_a_mail_that_waits() -> World {
    let world = World::with(verified).await;
    world.mailer.set_failing(true);
    let service = world.services.sign_up();
    let signed_up = service.with_email_password(sign_up(ADA)).await.unwrap();
    assert_eq!(signed_up, SignedUp::VerificationPending);
    world
}

#[tokio::test]
async fn a_mail_that_left_at_once_is_not_queued_any_more() {
    let world = World::with(verified).await;

    let service = world.services.sign_up();
    service.with_email_password(sign_up(ADA)).await.unwrap();

    assert_eq!(waiting(&world).await, 0);
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_mail_that_could_not_leave_is_tried_again_with_growing_pauses_until_it_leaves() {
    let world = with_a_mail_that_waits().await;
    assert_eq!(world.mailer.sent(), []);

    for pause in [5, 10, 20, 40] {
        assert_eq!(work_off(&world).await, 0);
        world.clock.advance(Duration::from_secs(pause - 1));
        assert_eq!(work_off(&world).await, 0, "before {pause}");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(work_off(&world).await, 1, "after {pause}");
    }
    world.mailer.set_failing(false);
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(work_off(&world).await, 1);

    let sent = world.mailer.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.as_str(), ADA);
    assert!(sent[0].ticket.expose().starts_with("verifyEmail:"));
    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn a_mail_that_comes_late_is_the_mail_that_was_meant() {
    let world = World::with(|policy| {
        verified(policy);
        policy.codes.beside_links = true;
    })
    .await;
    let service = world.services.sign_up();
    service
        .with_email_password(sign_up("eve@example.com"))
        .await
        .unwrap();
    world.mailer.set_failing(true);
    service.with_email_password(sign_up(ADA)).await.unwrap();
    world.mailer.set_failing(false);
    world.clock.advance(Duration::from_secs(5));
    work_off(&world).await;

    let [at_once, late] = &world.mailer.sent()[..] else {
        panic!("two mails were sent");
    };
    assert_eq!(late.kind, at_once.kind);
    assert_eq!(late.locale, at_once.locale);
    assert_eq!(late.redirect_to, at_once.redirect_to);
    let (link, code) = (late.link.as_ref().unwrap(), late.code.as_ref().unwrap());
    assert_eq!(code.expose().len(), 6);
    assert!(link.expose().contains("&ticket=verifyEmail%3A"));
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_a_failure_and_leaves_the_queue() {
    let world = World::with(verified).await;
    let services = &world.services;
    services
        .sign_up()
        .with_email_password(sign_up(ADA))
        .await
        .unwrap();
    world.mailer.set_refusing(true);

    let service = services.email_address();
    let failed = service.request_verification(link_for(ADA)).await;

    let error = failed.unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::Mailer(_))));
    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_later_is_given_up() {
    let world = with_a_mail_that_waits().await;
    world.mailer.set_failing(false);
    world.mailer.set_refusing(true);

    world.clock.advance(Duration::from_secs(5));
    assert_eq!(work_off(&world).await, 1);

    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn a_mail_is_given_up_when_its_link_has_expired() {
    let world = World::new().await;
    world.signed_up(ADA).await;
    world.mailer.set_failing(true);
    let service = world.services.email_address();
    service.request_password_reset(link_for(ADA)).await.unwrap();
    world.mailer.set_failing(false);

    world.clock.advance(Duration::from_hours(1));

    assert_eq!(work_off(&world).await, 0);
    assert_eq!(waiting(&world).await, 0);
    assert_eq!(world.mailer.sent(), []);
}

#[tokio::test]
async fn a_mail_that_is_asked_for_again_comes_once() {
    let world = with_a_mail_that_waits().await;
    let service = world.services.email_address();

    service.request_verification(link_for(ADA)).await.unwrap();
    assert_eq!(waiting(&world).await, 1);
    world.mailer.set_failing(false);
    service.request_verification(link_for(ADA)).await.unwrap();

    world.clock.advance(LEASE);
    assert_eq!(work_off(&world).await, 0);
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn with_enumeration_protection_a_request_queues_its_mail_where_it_does_its_work() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), |_| {}).await;
    world.signed_up(ADA).await;
    world.mailer.set_failing(true);
    let request = EmailSignIn {
        email: email(ADA),
        options: SignUpOptions::default(),
        code_challenge: None,
        audience: Audience::AllUsers,
    };

    world
        .services
        .email_sign_in()
        .send_link(request)
        .await
        .unwrap();
    assert_eq!(waiting(&world).await, 0);
    errands.run().await;
    assert_eq!(waiting(&world).await, 1);
    world.mailer.set_failing(false);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(work_off(&world).await, 1);

    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_text_message_that_could_not_leave_is_tried_again_while_its_code_is_good() {
    let world = World::new().await;
    world.sms.set_failing(true);
    let request = SmsSignIn {
        phone_number: PhoneNumber::parse("+15551234567").unwrap(),
        options: SignUpOptions::default(),
        audience: Audience::AllUsers,
    };

    let asked = world.services.sms_sign_in().send_code(request).await;
    assert!(asked.is_err());
    world.sms.set_failing(false);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(work_off(&world).await, 1);

    assert_eq!(world.sms.sent().len(), 1);
    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn an_operator_sees_a_masked_recipient_and_need_not_wait() {
    let world = with_a_mail_that_waits().await;
    let queue = queue(&world);

    let listed = queue.list(100).await.unwrap();
    let (message, recipient) = &listed[0];
    assert_eq!(recipient, "a…@example.com");
    assert_eq!(message.template, "email-verify");
    assert_eq!(message.attempts, 1);
    let error = message.last_error.as_deref().unwrap_or_default();
    assert!(error.contains("told to fail"), "{error}");
    world.mailer.set_failing(false);

    assert!(queue.expedite(message.id).await.unwrap());
    assert_eq!(work_off(&world).await, 1);
    assert_eq!(world.mailer.sent().len(), 1);
    assert!(!queue.expedite(message.id).await.unwrap());
    let unknown = MessageId(uuid::Uuid::nil());
    assert!(!queue.expedite(unknown).await.unwrap());
}
