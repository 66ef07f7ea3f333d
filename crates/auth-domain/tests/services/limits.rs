//! Limits per account and per mailbox.

use std::time::Duration;

use auth_domain::{
    limits::{ClientNetwork, TooMany},
    services::{
        Audience, EmailAddressError, EmailPasswordSignIn, EmailSignIn, Error, Failure, LinkRequest,
        PasswordChange, PasswordChangeRefusal, SignInRefusal, SignUpOptions, SignUpRefusal,
        UsernameSignIn,
    },
    session::Device,
};

use crate::world::{PASSWORD, World, email, password, sign_up, username};

const ADA: &str = "ada@example.com";
const UNKNOWN: &str = "unknown@example.com";

fn place(last: u8) -> ClientNetwork {
    ClientNetwork::of([192, 0, 2, last].into())
}

/// Whether an attempt was checked; `false`: it was refused by the rate limit.
async fn judged(world: &World, address: &str, secret: &str, from: u8) -> bool {
    let attempt = EmailPasswordSignIn {
        email: email(address),
        password: password(secret),
    };
    let services = world
        .services
        .seen_from(Device::default(), Some(place(from)));
    match services.sign_in().with_email_password(attempt).await {
        Ok(_)
        | Err(Error::Refused(SignInRefusal::InvalidCredentials | SignInRefusal::Account(_))) => {
            true
        }
        Err(Error::Failed(Failure::TooMany(_))) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// How many of ten wrong attempts were checked.
async fn wrong_attempts(world: &World, address: &str, from: u8) -> usize {
    let mut count = 0;
    for _ in 0..10 {
        count += usize::from(judged(world, address, "wrong", from).await);
    }
    count
}

#[tokio::test]
async fn after_too_many_wrong_attempts_an_account_is_closed_to_strangers_from_everywhere() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;

    assert_eq!(wrong_attempts(&world, ADA, 1).await, 3);

    assert!(!judged(&world, ADA, PASSWORD, 1).await);
    assert!(!judged(&world, ADA, PASSWORD, 2).await);
    assert!(judged(&world, "bob@example.com", PASSWORD, 1).await);
}

#[tokio::test]
async fn strangers_do_not_lock_out_a_user_at_a_known_place() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;
    assert!(judged(&world, ADA, PASSWORD, 7).await);

    wrong_attempts(&world, ADA, 1).await;

    assert!(judged(&world, ADA, PASSWORD, 7).await);
    assert!(!judged(&world, ADA, PASSWORD, 8).await);
    assert_eq!(wrong_attempts(&world, ADA, 7).await, 3);
}

#[tokio::test]
async fn right_attempts_are_not_counted() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;

    for _ in 0..10 {
        assert!(judged(&world, ADA, PASSWORD, 1).await);
    }
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_limited_like_one_that_does() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;

    assert_eq!(wrong_attempts(&world, UNKNOWN, 1).await, 3);
    assert_eq!(wrong_attempts(&world, ADA, 1).await, 3);
}

#[tokio::test]
async fn an_account_that_is_not_verified_is_limited_like_any_other() {
    let world = World::limited(|policy| {
        policy.accounts.email_verification_required = true;
    })
    .await;
    let request = sign_up(ADA);
    world
        .services
        .sign_up()
        .with_email_password(request)
        .await
        .unwrap();

    assert_eq!(wrong_attempts(&world, ADA, 1).await, 3);
}

#[tokio::test]
async fn capitals_give_no_further_attempts() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;
    wrong_attempts(&world, ADA, 1).await;

    assert_eq!(wrong_attempts(&world, "ADA@Example.COM", 1).await, 0);
}

#[tokio::test]
async fn an_account_is_open_again_after_the_time_that_was_said() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;
    wrong_attempts(&world, ADA, 1).await;
    let attempt = EmailPasswordSignIn {
        email: email(ADA),
        password: password(PASSWORD),
    };
    let refused = world.services.sign_in().with_email_password(attempt).await;
    let Err(Error::Failed(Failure::TooMany(TooMany { retry_after }))) = refused else {
        panic!("it was judged");
    };

    assert!(retry_after > Duration::ZERO);
    world.clock.advance(retry_after);

    assert!(judged(&world, ADA, PASSWORD, 1).await);
}

#[tokio::test]
async fn a_user_name_is_limited_like_an_address() {
    let world = World::limited(|_| {}).await;
    world.signed_up_by_name("john").await;
    let services = world.services.seen_from(Device::default(), Some(place(1)));
    let credentials = |secret| UsernameSignIn {
        username: username("john"),
        password: password(secret),
    };
    for _ in 0..3 {
        let wrong = services.sign_in().with_username(credentials("wrong")).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(SignInRefusal::InvalidCredentials))
        ));
    }

    let refused = services
        .sign_in()
        .with_username(credentials(PASSWORD))
        .await;

    let too_many = |it: &_| matches!(it, Error::Failed(Failure::TooMany(_)));
    assert!(refused.as_ref().is_err_and(too_many));
}

#[tokio::test]
async fn the_holder_of_a_session_cannot_guess_the_old_password_without_end() {
    let world = World::limited(|_| {}).await;
    let session = world.signed_up_by_name("john").await;
    let guess = async || {
        let request = PasswordChange {
            old: password("wrong"),
            new: password("battery staple"),
        };
        let bearer = session.token.expose();
        world
            .services
            .password_change()
            .change(bearer, request)
            .await
    };
    for _ in 0..3 {
        let wrong = guess().await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(PasswordChangeRefusal::WrongPassword))
        ));
    }

    let too_many = |it: &_| matches!(it, Error::Failed(Failure::TooMany(_)));
    assert!(guess().await.as_ref().is_err_and(too_many));
}

fn link(address: &str) -> LinkRequest {
    LinkRequest {
        email: email(address),
        redirect_to: None,
        code_challenge: None,
    }
}

fn is_too_many(outcome: &Result<(), EmailAddressError>) -> bool {
    matches!(outcome, Err(Error::Failed(Failure::TooMany(_))))
}

#[tokio::test]
async fn a_mailbox_gets_no_more_mails_than_the_limit_and_another_one_still_does() {
    let world = World::limited(|_| {}).await;
    world.signed_up(ADA).await;
    world.signed_up("bob@example.com").await;
    let reset = async |address| {
        let addresses = world.services.email_address();
        addresses.request_password_reset(link(address)).await
    };

    for _ in 0..3 {
        reset(ADA).await.unwrap();
    }

    assert!(is_too_many(&reset(ADA).await));
    assert!(is_too_many(&reset("Ada@Example.com").await));
    assert_eq!(world.mailer.sent().len(), 3);
    reset("bob@example.com").await.unwrap();
}

#[tokio::test]
async fn a_mailbox_without_an_account_has_the_same_limit() {
    let world = World::limited(|_| {}).await;
    let reset = async || {
        let addresses = world.services.email_address();
        addresses.request_password_reset(link(UNKNOWN)).await
    };

    for _ in 0..3 {
        reset().await.unwrap();
    }

    assert!(is_too_many(&reset().await));
    assert!(world.mailer.sent().is_empty());
}

#[tokio::test]
async fn asking_for_one_kind_of_mail_in_vain_does_not_keep_another_from_being_sent() {
    let world = World::limited(|policy| policy.accounts.email_link_enabled = true).await;
    world.signed_up(ADA).await;
    let send = async |audience| {
        let request = EmailSignIn {
            email: email(ADA),
            options: SignUpOptions::default(),
            code_challenge: None,
            audience,
        };
        world.services.email_sign_in().send_link(request).await
    };
    for _ in 0..3 {
        send(Audience::NewUsers).await.unwrap();
    }
    let too_many = |it: &_| matches!(it, Error::Failed(Failure::TooMany(_)));
    assert!(send(Audience::NewUsers).await.as_ref().is_err_and(too_many));
    assert!(world.mailer.sent().is_empty());

    send(Audience::AllUsers).await.unwrap();

    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn signing_up_over_and_over_does_not_flood_a_mailbox() {
    let world = World::limited(|policy| {
        policy.accounts.email_verification_required = true;
    })
    .await;
    let sign_up = async || {
        let request = sign_up(ADA);
        world.services.sign_up().with_email_password(request).await
    };
    sign_up().await.unwrap();
    for _ in 0..2 {
        assert!(matches!(
            sign_up().await,
            Err(Error::Refused(SignUpRefusal::EmailTaken))
        ));
    }

    let too_many = |it: &_| matches!(it, Error::Failed(Failure::TooMany(_)));
    assert!(sign_up().await.as_ref().is_err_and(too_many));
}
