//! Passwords of data breaches, wherever a password is chosen.

use auth_domain::{
    services::{
        AnonymousRefusal, AnonymousSignIn, Deanonymize, DeanonymizeMethod, Error, Failure,
        LinkRequest, PasswordChange, PasswordChangeRefusal, PasswordRefusal, SignUpOptions,
        SignUpRefusal, UsernameSignUp,
    },
    ticket::Ticket,
};

use crate::world::{
    BREACHED, PASSWORD, UNCHECKABLE, World, bearer_of, credentials, email, password, sign_up,
    username,
};

#[tokio::test]
async fn a_sign_up_with_one_is_refused() {
    let world = World::new().await;
    let services = &world.services;

    let mut request = sign_up("ada@example.com");
    request.password = password(BREACHED);
    let by_address = services.sign_up().with_email_password(request).await;
    let request = UsernameSignUp {
        username: username("john"),
        password: password(BREACHED),
    };
    let by_name = services.sign_up().with_username(request).await;

    for refused in [by_address.map(drop), by_name.map(drop)] {
        assert!(matches!(
            refused,
            Err(Error::Refused(SignUpRefusal::Password(
                PasswordRefusal::Breached
            )))
        ));
    }
    assert!(world.stored("ada@example.com").await.is_none());
}

#[tokio::test]
async fn a_change_to_one_is_refused() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let service = world.services.password_change();

    let request = PasswordChange {
        old: password(PASSWORD),
        new: password(BREACHED),
    };
    let changed = service.change(&session.access_token.value, request).await;
    let set = service.set(bearer_of(&session), &password(BREACHED)).await;

    for refused in [changed, set] {
        assert!(matches!(
            refused,
            Err(Error::Refused(PasswordChangeRefusal::Password(
                PasswordRefusal::Breached
            )))
        ));
    }
    world.signed_in("ada@example.com").await;
}

#[tokio::test]
async fn a_reset_to_one_leaves_the_ticket_good() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    let request = LinkRequest {
        email: email("ada@example.com"),
        redirect_to: None,
        code_challenge: None,
    };
    let services = &world.services;
    services
        .email_address()
        .request_password_reset(request)
        .await
        .unwrap();
    let ticket = Ticket::parse(world.mailer.sent()[0].ticket.expose()).unwrap();

    let refused = services
        .password_change()
        .reset(&ticket, &password(BREACHED))
        .await;
    let chosen = services
        .password_change()
        .reset(&ticket, &password("battery staple"))
        .await;

    assert!(matches!(
        refused,
        Err(Error::Refused(PasswordChangeRefusal::Password(
            PasswordRefusal::Breached
        )))
    ));
    assert!(chosen.is_ok());
}

#[tokio::test]
async fn an_anonymous_user_stays_anonymous_with_one() {
    let world = World::with(|policy| policy.accounts.anonymous_enabled = true).await;
    let services = &world.services;
    let session = services
        .anonymous()
        .sign_in(AnonymousSignIn::default())
        .await
        .unwrap();
    let request = Deanonymize {
        email: email("ada@example.com"),
        method: DeanonymizeMethod::Password(password(BREACHED)),
        options: SignUpOptions::default(),
        code_challenge: None,
    };

    let refused = services
        .anonymous()
        .deanonymize(session.user.id, request)
        .await;

    assert!(matches!(
        refused,
        Err(Error::Refused(AnonymousRefusal::SignUp(
            SignUpRefusal::Password(PasswordRefusal::Breached)
        )))
    ));
    assert!(world.stored("ada@example.com").await.is_none());
}

#[tokio::test]
async fn while_the_service_is_away_no_password_is_chosen_and_sign_ins_work() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let service = world.services.password_change();

    let refused = service
        .set(bearer_of(&session), &password(UNCHECKABLE))
        .await;

    assert!(matches!(
        refused,
        Err(Error::Failed(Failure::BreachedPasswords(_)))
    ));
    let service = world.services.sign_in();
    let signed_in = service.with_email_password(credentials("ada@example.com", PASSWORD));
    assert!(signed_in.await.is_ok());
}
