//! Flows by mail: links, codes, resets, changes of address.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    one_time_code::OneTimeCode,
    ports::{Mail, MailKind},
    services::{
        AnonymousRefusal, AnonymousSignIn, Audience, Deanonymize, DeanonymizeMethod,
        EmailAddressRefusal, EmailCode, EmailSignIn, EmailSignInRefusal, Error, ExchangeRefusal,
        Grant, LinkCode, LinkRefusal, LinkRequest, PasswordChangeRefusal, SignUpOptions, SignedUp,
    },
    session::{CodeChallenge, CodeVerifier, ExchangeCode},
    ticket::{Ticket, TicketPurpose},
    user::Role,
};
use uuid::Uuid;

use crate::world::{BusyHasher, PASSWORD, World, bearer_of, credentials, email, password, sign_up};

/// The example of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn request(address: &str) -> EmailSignIn {
    EmailSignIn {
        email: email(address),
        options: SignUpOptions::default(),
        code_challenge: None,
        audience: Audience::AllUsers,
    }
}

fn link_request(address: &str) -> LinkRequest {
    LinkRequest {
        email: email(address),
        redirect_to: None,
        code_challenge: None,
    }
}

fn last_mail(world: &World) -> Mail {
    world.mailer.sent().pop().unwrap()
}

fn ticket_of(mail: &Mail) -> Ticket {
    Ticket::parse(mail.ticket.expose()).unwrap()
}

fn typed(address: &str, code: &str) -> EmailCode {
    EmailCode {
        email: email(address),
        code: OneTimeCode::parse(code).unwrap(),
    }
}

/// Six digits that are not those of `code`.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_link_signs_a_new_person_up_and_in_once() {
    let world = World::new().await;

    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();
    let mail = last_mail(&world);
    let followed = world
        .services
        .email_links()
        .follow(ticket_of(&mail))
        .await
        .unwrap();
    let again = world.services.email_links().follow(ticket_of(&mail)).await;

    assert_eq!(mail.kind, MailKind::SignInLink);
    let Grant::RefreshToken(token) = followed.grant else {
        panic!("a refresh token, not {followed:?}")
    };
    let session = world.services.tokens().refresh(token).await.unwrap();
    assert!(session.user.email_verified);
    assert!(matches!(
        again,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
}

#[tokio::test]
async fn a_second_mail_does_not_kill_the_first_link_until_one_is_used() {
    let world = World::new().await;
    let send = async || {
        world
            .services
            .email_sign_in()
            .send_link(request("ada@example.com"))
            .await
            .unwrap();
        ticket_of(&last_mail(&world))
    };
    let (first, second) = (send().await, send().await);

    assert!(world.services.email_links().follow(first).await.is_ok());

    let late = world.services.email_links().follow(second).await;
    assert!(matches!(
        late,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
}

#[tokio::test]
async fn a_link_is_good_for_an_hour() {
    let world = World::new().await;
    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();
    let ticket = ticket_of(&last_mail(&world));
    world.clock.advance(Duration::from_hours(1));

    let late = world.services.email_links().follow(ticket).await;

    assert!(matches!(
        late,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
}

#[tokio::test]
async fn without_automatic_sign_up_strangers_get_nothing_and_are_not_told() {
    let world = World::with(|it| it.accounts.auto_sign_up = false).await;

    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();
    world
        .services
        .email_sign_in()
        .send_code(request("ada@example.com"))
        .await
        .unwrap();

    assert_eq!(world.mailer.sent(), []);
    assert_eq!(world.stored("ada@example.com").await, None);
}

#[tokio::test]
async fn an_explicit_sign_up_does_not_tell_that_an_address_is_known() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    let new_people = |address| EmailSignIn {
        audience: Audience::NewUsers,
        ..request(address)
    };

    world
        .services
        .email_sign_in()
        .send_link(new_people("ada@example.com"))
        .await
        .unwrap();
    assert_eq!(world.mailer.sent(), []);

    world
        .services
        .email_sign_in()
        .send_link(new_people("bob@example.com"))
        .await
        .unwrap();
    assert_eq!(last_mail(&world).to.as_str(), "bob@example.com");
}

#[tokio::test]
async fn methods_that_are_switched_off_answer_so() {
    let world = World::with(|it| {
        it.accounts.email_link_enabled = false;
        it.accounts.email_code_enabled = false;
    })
    .await;
    let service = world.services.email_sign_in();

    let link = service.send_link(request("ada@example.com")).await;
    let code = service.send_code(request("ada@example.com")).await;
    let typed = service.with_code(typed("ada@example.com", "123456")).await;

    assert!(matches!(
        link,
        Err(Error::Refused(EmailSignInRefusal::MethodDisabled))
    ));
    assert!(matches!(
        code,
        Err(Error::Refused(EmailSignInRefusal::MethodDisabled))
    ));
    assert!(matches!(
        typed,
        Err(Error::Refused(EmailSignInRefusal::MethodDisabled))
    ));
}

#[tokio::test]
async fn a_code_signs_in_once_and_only_for_its_address() {
    let world = World::new().await;
    let service = world.services.email_sign_in();
    service.send_code(request("ada@example.com")).await.unwrap();
    let mail = last_mail(&world);
    let code = mail.ticket.expose();
    world.signed_up("bob@example.com").await;

    let stranger = service.with_code(typed("bob@example.com", code)).await;
    let right = service
        .with_code(typed("ADA@example.com", code))
        .await
        .unwrap();
    let again = service.with_code(typed("ada@example.com", code)).await;

    assert_eq!((mail.kind, mail.link), (MailKind::SignInCode, None));
    assert!(matches!(
        stranger,
        Err(Error::Refused(EmailSignInRefusal::InvalidCode))
    ));
    assert!(right.user.email_verified);
    assert!(matches!(
        again,
        Err(Error::Refused(EmailSignInRefusal::InvalidCode))
    ));
}

#[tokio::test]
async fn asking_for_another_code_buys_no_more_guesses() {
    let world = World::with(|it| it.codes.max_wrong = 3).await;
    let service = world.services.email_sign_in();
    for _ in 0..3 {
        service.send_code(request("ada@example.com")).await.unwrap();
        let wrong = other_than(last_mail(&world).ticket.expose());
        assert!(
            service
                .with_code(typed("ada@example.com", &wrong))
                .await
                .is_err()
        );
    }
    service.send_code(request("ada@example.com")).await.unwrap();
    let code = last_mail(&world).ticket;

    let right = service
        .with_code(typed("ada@example.com", code.expose()))
        .await;

    assert!(matches!(
        right,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
    world.clock.advance(Duration::from_mins(61));
    service.send_code(request("ada@example.com")).await.unwrap();
    let code = last_mail(&world).ticket;
    assert!(
        service
            .with_code(typed("ada@example.com", code.expose()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_first_verification_of_a_mailbox_revokes_an_attackers_password() {
    let world = World::new().await;
    let attacker = world.signed_up("victim@example.com").await;

    world
        .services
        .email_sign_in()
        .send_link(request("victim@example.com"))
        .await
        .unwrap();
    world
        .services
        .email_links()
        .follow(ticket_of(&last_mail(&world)))
        .await
        .unwrap();

    let service = world.services.sign_in();
    let password = service.with_email_password(credentials("victim@example.com", PASSWORD));
    assert!(password.await.is_err());
    assert!(
        world
            .services
            .tokens()
            .refresh(attacker.refresh_token)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_verified_owner_keeps_their_password_when_they_use_a_link() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    world
        .services
        .email_address()
        .request_verification(link_request("ada@example.com"))
        .await
        .unwrap();
    world
        .services
        .email_links()
        .follow(ticket_of(&last_mail(&world)))
        .await
        .unwrap();

    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();
    world
        .services
        .email_links()
        .follow(ticket_of(&last_mail(&world)))
        .await
        .unwrap();

    world.signed_in("ada@example.com").await;
    let service = world.services.email_address();
    let again = service.request_verification(link_request("ada@example.com"));
    assert!(matches!(
        again.await,
        Err(Error::Refused(EmailAddressRefusal::AlreadyVerified))
    ));
}

#[tokio::test]
async fn a_reset_sets_the_password_once_and_ends_every_session() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let services = &world.services;
    services
        .email_address()
        .request_password_reset(link_request("ada@example.com"))
        .await
        .unwrap();
    let ticket = ticket_of(&last_mail(&world));

    let short = services
        .password_change()
        .reset(&ticket, &password("x"))
        .await;
    services
        .password_change()
        .reset(&ticket, &password("battery staple"))
        .await
        .unwrap();
    let again = services
        .password_change()
        .reset(&ticket, &password("another one"))
        .await;

    assert!(
        matches!(
            short,
            Err(Error::Refused(PasswordChangeRefusal::Password(_)))
        ),
        "and the ticket stayed good"
    );
    assert!(matches!(
        again,
        Err(Error::Refused(PasswordChangeRefusal::InvalidTicket))
    ));
    assert!(
        services
            .tokens()
            .refresh(session.refresh_token)
            .await
            .is_err()
    );
    let service = services.sign_in();
    let new = service.with_email_password(credentials("ada@example.com", "battery staple"));
    assert!(new.await.is_ok());
}

#[tokio::test]
async fn a_reset_that_a_busy_server_refuses_leaves_the_ticket_good() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    let services = &world.services;
    services
        .email_address()
        .request_password_reset(link_request("ada@example.com"))
        .await
        .unwrap();
    let ticket = ticket_of(&last_mail(&world));
    let new = password("battery staple");

    let busy = world.hashing_with(Arc::new(BusyHasher)).password_change();
    let refused = busy.reset(&ticket, &new).await;
    let later = services.password_change().reset(&ticket, &new).await;

    assert!(matches!(refused, Err(Error::Failed(_))));
    later.unwrap();
}

#[tokio::test]
async fn a_bad_ticket_costs_no_hashing() {
    let world = World::new().await;
    let ticket = Ticket::new(TicketPurpose::ResetPassword, Uuid::nil());

    let busy = world.hashing_with(Arc::new(BusyHasher)).password_change();
    let refused = busy.reset(&ticket, &password("battery staple")).await;

    assert!(matches!(
        refused,
        Err(Error::Refused(PasswordChangeRefusal::InvalidTicket))
    ));
}

#[tokio::test]
async fn a_reset_for_a_stranger_is_answered_like_any_other_and_sends_nothing() {
    let world = World::new().await;

    let service = world.services.email_address();
    let answer = service.request_password_reset(link_request("eve@example.com"));

    assert!(answer.await.is_ok());
    assert_eq!(world.mailer.sent(), []);
}

#[tokio::test]
async fn a_ticket_for_one_thing_is_no_ticket_for_another() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();
    let sign_in = ticket_of(&last_mail(&world));
    let text = sign_in
        .expose()
        .replace("passwordlessEmail", "passwordReset");
    let forged = Ticket::parse(&text).unwrap();

    for ticket in [&sign_in, &forged] {
        let reset = world
            .services
            .password_change()
            .reset(ticket, &password("battery staple"))
            .await;
        assert!(matches!(
            reset,
            Err(Error::Refused(PasswordChangeRefusal::InvalidTicket))
        ));
    }
    assert!(world.services.email_links().follow(sign_in).await.is_ok());
}

#[tokio::test]
async fn an_account_moves_only_when_the_new_mailbox_says_so() {
    let world = World::new().await;
    let ada = world.signed_up("ada@example.com").await.user;
    world.signed_up("bob@example.com").await;
    let service = world.services.email_address();

    let taken = service
        .request_change(ada.id, link_request("BOB@example.com"))
        .await;
    service
        .request_change(ada.id, link_request("new@example.com"))
        .await
        .unwrap();

    let mail = last_mail(&world);
    assert_eq!(mail.to.as_str(), "new@example.com");
    assert_eq!(mail.email.as_str(), "ada@example.com");
    assert!(matches!(
        taken,
        Err(Error::Refused(EmailAddressRefusal::EmailTaken))
    ));
    assert!(
        !world
            .stored("ada@example.com")
            .await
            .unwrap()
            .email_verified
    );
    let followed = world
        .services
        .email_links()
        .follow(ticket_of(&mail))
        .await
        .unwrap();
    assert_eq!(followed.purpose, TicketPurpose::ConfirmEmailChange);
    let moved = world.stored("new@example.com").await.unwrap();
    assert_eq!((moved.id, moved.email_verified), (ada.id, true));
    assert_eq!(world.stored("ada@example.com").await, None);
}

/// Otherwise its staying good would tell that the other address has an account (user enumeration).
#[tokio::test]
async fn a_request_for_a_taken_address_voids_the_link_for_another_like_any_request() {
    let world = World::new().await;
    let ada = world.signed_up("ada@example.com").await.user;
    world.signed_up("bob@example.com").await;
    let service = world.services.email_address();
    let free = link_request("new@example.com");
    service.request_change(ada.id, free).await.unwrap();
    let mail = last_mail(&world);

    let taken = link_request("bob@example.com");
    let refused = service.request_change(ada.id, taken).await;
    let followed = world.services.email_links().follow(ticket_of(&mail)).await;

    assert!(matches!(
        refused,
        Err(Error::Refused(EmailAddressRefusal::EmailTaken))
    ));
    assert!(matches!(
        followed,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_client_with_a_challenge_gets_a_code_that_only_it_can_exchange() {
    let world = World::new().await;
    let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
    let follow = async || {
        let request = EmailSignIn {
            code_challenge: Some(challenge.clone()),
            ..request("ada@example.com")
        };
        world
            .services
            .email_sign_in()
            .send_link(request)
            .await
            .unwrap();
        match world
            .services
            .email_links()
            .follow(ticket_of(&last_mail(&world)))
            .await
            .unwrap()
            .grant
        {
            Grant::Code(code) => code,
            other => panic!("a code, not {other:?}"),
        }
    };
    let exchange = async |code: ExchangeCode, verifier: &str| {
        let verifier = CodeVerifier::parse(verifier).unwrap();
        world.services.email_links().exchange(code, verifier).await
    };

    let code = follow().await;
    assert!(exchange(code.clone(), VERIFIER).await.is_ok());
    let again = exchange(code, VERIFIER).await;
    let code = follow().await;
    let wrong = exchange(code.clone(), &"x".repeat(43)).await;
    let spent = exchange(code, VERIFIER).await;

    for refused in [again, wrong, spent] {
        assert!(matches!(
            refused,
            Err(Error::Refused(ExchangeRefusal::InvalidCode))
        ));
    }
}

#[tokio::test]
async fn without_a_challenge_urls_can_be_kept_free_of_tokens() {
    let world = World::with(|it| it.sessions.refresh_token_in_redirect = false).await;
    world
        .services
        .email_sign_in()
        .send_link(request("ada@example.com"))
        .await
        .unwrap();

    let followed = world
        .services
        .email_links()
        .follow(ticket_of(&last_mail(&world)))
        .await
        .unwrap();

    assert_eq!(followed.grant, Grant::Nothing);
    assert!(
        world
            .stored("ada@example.com")
            .await
            .unwrap()
            .email_verified
    );
}

#[tokio::test]
async fn an_anonymous_session_that_has_ended_tells_nothing_any_more() {
    let world = World::with(|it| it.accounts.email_verification_required = false).await;
    let anonymous = world.services.anonymous();
    let session = anonymous.sign_in(AnonymousSignIn::default()).await.unwrap();
    let sign_out = world.services.sign_out();
    sign_out.end_session(session.refresh_token).await.unwrap();

    let request = Deanonymize {
        email: email("attacker@example.com"),
        method: DeanonymizeMethod::Password(password(PASSWORD)),
        options: SignUpOptions::default(),
        code_challenge: None,
    };
    let refused = anonymous.deanonymize(bearer_of(&session), request).await;

    assert!(matches!(
        refused,
        Err(Error::Refused(AnonymousRefusal::SessionEnded))
    ));
    let attempt = credentials("attacker@example.com", PASSWORD);
    let refused = world.services.sign_in().with_email_password(attempt).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn an_anonymous_user_can_tell_who_they_are() {
    let world = World::with(|it| it.accounts.email_verification_required = false).await;
    let anonymous = world.services.anonymous();
    let session = anonymous.sign_in(AnonymousSignIn::default()).await.unwrap();
    assert_eq!(session.user.roles, [Role::anonymous()]);
    let tell = |method| Deanonymize {
        email: email("ada@example.com"),
        method,
        options: SignUpOptions::default(),
        code_challenge: None,
    };

    let with_password = tell(DeanonymizeMethod::Password(password(PASSWORD)));
    anonymous
        .deanonymize(session.user.id, with_password)
        .await
        .unwrap();
    let again = anonymous
        .deanonymize(session.user.id, tell(DeanonymizeMethod::EmailLink))
        .await;

    assert!(again.is_err(), "no user is made anonymous twice");
    assert_eq!(
        world.signed_in("ada@example.com").await.user.id,
        session.user.id
    );
    assert!(
        world
            .services
            .tokens()
            .refresh(session.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn verification_by_its_own_link_keeps_the_password() {
    let world = World::with(|it| it.accounts.email_verification_required = true).await;
    let signed_up = world
        .services
        .sign_up()
        .with_email_password(sign_up("ada@example.com"))
        .await;
    assert_eq!(signed_up.unwrap(), SignedUp::VerificationPending);

    world
        .services
        .email_links()
        .follow(ticket_of(&last_mail(&world)))
        .await
        .unwrap();

    world.signed_in("ada@example.com").await;
}

/// Otherwise an attacker who reads one mailbox could guess without end at the code that was sent to
/// another, and move their account to an address that is not theirs.
#[tokio::test]
async fn reading_ones_own_mail_buys_no_guesses_at_a_code_sent_to_a_new_address() {
    let world = World::with(|it| {
        it.codes.max_wrong = 3;
        it.codes.beside_links = true;
    })
    .await;
    let own = "ada@example.com";
    let services = &world.services;
    let sign_in = async || {
        services
            .email_sign_in()
            .send_code(request(own))
            .await
            .unwrap();
        let code = last_mail(&world).ticket;
        let attempt = typed(own, code.expose());
        services
            .email_sign_in()
            .with_code(attempt)
            .await
            .unwrap()
            .user
    };
    let ada = sign_in().await;
    let elsewhere = link_request("bob@example.com");
    services
        .email_address()
        .request_change(ada.id, elsewhere)
        .await
        .unwrap();
    let code = last_mail(&world).code.unwrap();
    let guess = async |digits: &str| {
        let attempt = LinkCode {
            email: email(own),
            purpose: TicketPurpose::ConfirmEmailChange,
            code: OneTimeCode::parse(digits).unwrap(),
        };
        services.email_links().redeem_code(attempt).await
    };

    for _ in 0..3 {
        let wrong = guess(&other_than(code.expose())).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(LinkRefusal::InvalidTicket))
        ));
        sign_in().await;
    }
    let right = guess(code.expose()).await;

    assert!(matches!(
        right,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
    assert_eq!(world.stored("bob@example.com").await, None);
}
