//! Answers that do not tell whether an account exists.

use std::sync::Arc;

use auth_domain::{
    one_time_code::OneTimeCode,
    policy::AuthPolicy,
    ports::{Background, BackgroundBusy, BackgroundWork},
    services::{
        Audience, EmailAddressRefusal, EmailCode, EmailSignIn, EmailSignInRefusal, Error, Failure,
        LinkCode, LinkRefusal, LinkRequest, SignUpOptions, SignedUp,
    },
    ticket::TicketPurpose,
};

use crate::world::{Errands, Pauses, World, email, sign_up};

fn by_mail(policy: &mut AuthPolicy) {
    policy.accounts.email_link_enabled = true;
    policy.accounts.email_code_enabled = true;
    policy.accounts.auto_sign_up = false;
}

fn sign_in(address: &str) -> EmailSignIn {
    EmailSignIn {
        email: email(address),
        options: SignUpOptions::default(),
        code_challenge: None,
        audience: Audience::AllUsers,
    }
}

fn request(address: &str) -> LinkRequest {
    LinkRequest {
        email: email(address),
        redirect_to: None,
        code_challenge: None,
    }
}

#[tokio::test]
async fn every_request_for_a_mail_is_answered_before_anything_is_looked_up() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), by_mail).await;
    world.signed_up("ada@example.com").await;
    let eve = world.signed_up("eve@example.com").await;
    let services = &world.services;

    // There is no such account, but another account may be moved to that address.
    for (address, mails) in [("ada@example.com", 4), ("unknown@example.com", 1)] {
        let before = world.mailer.sent().len();
        services
            .email_sign_in()
            .send_link(sign_in(address))
            .await
            .unwrap();
        services
            .email_sign_in()
            .send_code(sign_in(address))
            .await
            .unwrap();
        let addresses = services.email_address();
        addresses
            .request_verification(request(address))
            .await
            .unwrap();
        addresses
            .request_password_reset(request(address))
            .await
            .unwrap();
        addresses
            .request_change(eve.user.id, request(address))
            .await
            .unwrap();

        assert_eq!(world.mailer.sent().len(), before, "{address}");
        assert_eq!(errands.run().await, 5, "{address}");
        assert_eq!(world.mailer.sent().len(), before + mails, "{address}");
    }
}

#[tokio::test]
async fn a_sign_up_with_a_taken_address_looks_like_any_other() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), |policy| {
        policy.accounts.email_verification_required = true;
    })
    .await;

    for _ in 0..2 {
        let request = sign_up("ada@example.com");
        let signed_up = world
            .services
            .sign_up()
            .with_email_password(request)
            .await
            .unwrap();
        assert_eq!(signed_up, SignedUp::VerificationPending);
        assert_eq!(errands.run().await, 1);
        assert_eq!(world.mailer.sent().len(), 1);
    }
}

#[tokio::test]
async fn what_is_wrong_for_everybody_is_told() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), |policy| {
        policy.accounts.email_link_enabled = false;
    })
    .await;

    let disabled = world
        .services
        .email_sign_in()
        .send_link(sign_in("ada@example.com"))
        .await;
    let elsewhere = LinkRequest {
        redirect_to: Some("https://evil.example".to_owned()),
        ..request("ada@example.com")
    };
    let elsewhere = world
        .services
        .email_address()
        .request_verification(elsewhere)
        .await;

    assert!(matches!(
        disabled,
        Err(Error::Refused(EmailSignInRefusal::MethodDisabled))
    ));
    assert!(matches!(
        elsewhere,
        Err(Error::Refused(EmailAddressRefusal::RedirectNotAllowed))
    ));
    assert_eq!(errands.run().await, 0);
}

#[tokio::test]
async fn a_mail_server_that_fails_is_not_told_either() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), by_mail).await;
    world.signed_up("ada@example.com").await;
    world.mailer.set_failing(true);

    let sent = world
        .services
        .email_sign_in()
        .send_link(sign_in("ada@example.com"))
        .await;

    assert!(sent.is_ok());
    assert_eq!(errands.run().await, 1);
    assert!(world.mailer.sent().is_empty());
}

#[tokio::test]
async fn a_client_is_told_that_the_server_is_busy_whether_or_not_there_is_an_account() {
    let world = World::enumeration_protected(Arc::new(Full), by_mail).await;
    world.signed_up("ada@example.com").await;

    for address in ["ada@example.com", "unknown@example.com"] {
        let refused = world
            .services
            .email_sign_in()
            .send_link(sign_in(address))
            .await;

        let busy = matches!(refused, Err(Error::Failed(Failure::Background(_))));
        assert!(busy, "{address}");
    }
}

/// A background without a free place.
struct Full;

impl Background for Full {
    fn begin(&self, _work: BackgroundWork) -> Result<(), BackgroundBusy> {
        Err(BackgroundBusy)
    }
}

fn guess(address: &str, digits: &str) -> EmailCode {
    EmailCode {
        email: email(address),
        code: OneTimeCode::parse(digits).unwrap(),
    }
}

#[tokio::test]
async fn a_wrong_guess_waits_whether_or_not_there_is_an_account() {
    let pauses = Arc::new(Pauses::default());
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected_with(errands, pauses.clone(), by_mail).await;
    world.signed_up("ada@example.com").await;

    for address in ["ada@example.com", "unknown@example.com"] {
        let service = world.services.email_sign_in();
        let answer = tokio::spawn(async move { service.with_code(guess(address, "000000")).await });
        pauses.waiting.notified().await;

        assert!(!answer.is_finished(), "{address}");

        pauses.over.notify_one();
        let refused = answer.await.unwrap();
        assert!(
            matches!(
                refused,
                Err(Error::Refused(EmailSignInRefusal::InvalidCode))
            ),
            "{address}"
        );
    }
}

#[tokio::test]
async fn a_wrong_guess_at_the_code_beside_a_link_waits_as_well() {
    let pauses = Arc::new(Pauses::default());
    let errands = Arc::new(Errands::default());
    let beside = |policy: &mut AuthPolicy| policy.codes.beside_links = true;
    let world = World::enumeration_protected_with(errands, pauses.clone(), beside).await;
    world.signed_up("ada@example.com").await;

    for address in ["ada@example.com", "unknown@example.com"] {
        let service = world.services.email_links();
        let attempt = LinkCode {
            email: email(address),
            purpose: TicketPurpose::ResetPassword,
            code: OneTimeCode::parse("000000").unwrap(),
        };
        let answer = tokio::spawn(async move { service.redeem_code(attempt).await });
        pauses.waiting.notified().await;

        assert!(!answer.is_finished(), "{address}");

        pauses.over.notify_one();
        let refused = answer.await.unwrap();
        assert!(
            matches!(refused, Err(Error::Refused(LinkRefusal::InvalidTicket))),
            "{address}"
        );
    }
}

#[tokio::test]
async fn a_right_guess_does_not_wait() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(errands.clone(), by_mail).await;
    world.signed_up("ada@example.com").await;
    let service = world.services.email_sign_in();
    service.send_code(sign_in("ada@example.com")).await.unwrap();
    errands.run().await;
    let code = world.mailer.sent()[0].ticket.expose().to_owned();

    let session = service.with_code(guess("ada@example.com", &code)).await;

    assert!(session.is_ok());
}
