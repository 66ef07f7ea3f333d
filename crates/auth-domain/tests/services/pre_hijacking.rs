//! Account pre-hijacking: an attacker signs up with a victim's address and waits. When the victim
//! first proves that they read the mail, the attacker loses all access.

use auth_domain::{
    DateTime, Utc,
    one_time_code::OneTimeCode,
    policy::AuthPolicy,
    services::{
        AnonymousSignIn, Audience, Deanonymize, DeanonymizeMethod, EmailCode, EmailSignIn,
        LinkRequest, PersonalAccessTokenRequest, SecondFactorProof, SignUpOptions,
    },
    session::PlainRefreshToken,
    testing::PlainTotp,
    ticket::Ticket,
    totp::{STEP_SECONDS, TimeStep},
    user::UserId,
};

use store_testkit::samples::security_key;

use crate::world::{World, credentials, email, password};

const ADDRESS: &str = "owner@example.com";

fn every_method(policy: &mut AuthPolicy) {
    policy.accounts.anonymous_enabled = true;
    policy.accounts.email_link_enabled = true;
    policy.accounts.email_code_enabled = true;
    policy.second_factors.totp_enabled = true;
}

/// What an attacker leaves behind in an account.
struct LeftBehind {
    token: PlainRefreshToken,
    /// A link that moves the account to an address of theirs.
    change: Ticket,
}

/// Everything that outlasts a session: a personal access token, a second factor, a security key,
/// and a request to move the account to another address.
async fn leave_behind(world: &World, user: UserId) -> LeftBehind {
    use auth_domain::ports::Clock;

    let services = &world.services;
    let elsewhere = LinkRequest {
        email: email("attacker@example.com"),
        ..request()
    };
    services
        .email_address()
        .request_change(user, elsewhere)
        .await
        .unwrap();
    let change = world.mailer.sent().pop().unwrap().ticket;
    let change = Ticket::parse(change.expose()).unwrap();
    let request = PersonalAccessTokenRequest {
        expires_at: DateTime::<Utc>::MAX_UTC,
        metadata: None,
    };
    let token = services
        .personal_access_tokens()
        .create(user, request)
        .await
        .unwrap();
    let enrolment = services.second_factor().generate(user).await.unwrap();
    let now = u64::try_from(world.clock.now().timestamp()).unwrap();
    let digits = PlainTotp::digits(&enrolment.secret, TimeStep(now / STEP_SECONDS));
    let proof = SecondFactorProof::read(&digits);
    services
        .second_factor()
        .activate(user, proof)
        .await
        .unwrap();
    let mut work = world.store.begin().await.unwrap();
    let key = security_key("key", user);
    work.security_keys().insert(&key).await.unwrap();
    work.commit().await.unwrap();
    LeftBehind {
        token: token.token,
        change,
    }
}

/// Nothing that the attacker left behind works.
async fn assert_locked_out(world: &World, left: LeftBehind) {
    let services = &world.services;
    assert!(services.email_links().follow(left.change).await.is_err());
    assert!(
        services
            .personal_access_tokens()
            .sign_in(left.token)
            .await
            .is_err()
    );
    let user = world.stored(ADDRESS).await.unwrap();
    assert!(user.email_verified);
    assert_eq!(user.active_mfa, None);
    assert!(!world.store.has_security_key(user.id).await.unwrap());
}

fn request() -> LinkRequest {
    LinkRequest {
        email: email(ADDRESS),
        redirect_to: None,
        code_challenge: None,
    }
}

fn sign_in() -> EmailSignIn {
    EmailSignIn {
        email: email(ADDRESS),
        options: SignUpOptions::default(),
        code_challenge: None,
        audience: Audience::AllUsers,
    }
}

/// An attacker who never had a password.
async fn attacker_without_password(world: &World) -> LeftBehind {
    let services = &world.services;
    let session = services
        .anonymous()
        .sign_in(AnonymousSignIn::default())
        .await
        .unwrap();
    let request = Deanonymize {
        email: email(ADDRESS),
        method: DeanonymizeMethod::EmailLink,
        options: SignUpOptions::default(),
        code_challenge: None,
    };
    services
        .anonymous()
        .deanonymize(session.user.id, request)
        .await
        .unwrap();
    leave_behind(world, session.user.id).await
}

#[tokio::test]
async fn a_code_locks_out_an_attacker_without_a_password() {
    let world = World::with(every_method).await;
    let token = attacker_without_password(&world).await;
    world
        .services
        .email_sign_in()
        .send_code(sign_in())
        .await
        .unwrap();
    let code = world.mailer.sent().pop().unwrap().ticket;

    let attempt = EmailCode {
        email: email(ADDRESS),
        code: OneTimeCode::parse(code.expose()).unwrap(),
    };
    world
        .services
        .email_sign_in()
        .with_code(attempt)
        .await
        .unwrap();

    assert_locked_out(&world, token).await;
}

#[tokio::test]
async fn a_link_locks_out_an_attacker_without_a_password() {
    let world = World::with(every_method).await;
    let token = attacker_without_password(&world).await;
    world
        .services
        .email_sign_in()
        .send_link(sign_in())
        .await
        .unwrap();
    let ticket = world.mailer.sent().pop().unwrap().ticket;

    let ticket = Ticket::parse(ticket.expose()).unwrap();
    world.services.email_links().follow(ticket).await.unwrap();

    assert_locked_out(&world, token).await;
}

#[tokio::test]
async fn a_reset_password_locks_out_an_attacker_who_signed_up_with_the_address() {
    for follows_the_link in [false, true] {
        let world = World::with(every_method).await;
        let attacker = world.signed_up(ADDRESS).await;
        let token = leave_behind(&world, attacker.user.id).await;
        let services = &world.services;
        services
            .email_address()
            .request_password_reset(request())
            .await
            .unwrap();
        let ticket = world.mailer.sent().pop().unwrap().ticket;
        let ticket = Ticket::parse(ticket.expose()).unwrap();

        if follows_the_link {
            services.email_links().follow(ticket).await.unwrap();
        } else {
            let new = password("battery staple");
            services
                .password_change()
                .reset(&ticket, &new)
                .await
                .unwrap();
            let signed_in = credentials(ADDRESS, "battery staple");
            services
                .sign_in()
                .with_email_password(signed_in)
                .await
                .unwrap();
        }

        assert_locked_out(&world, token).await;
        assert!(
            services
                .tokens()
                .refresh(attacker.refresh_token)
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn a_user_who_was_verified_before_keeps_everything() {
    let world = World::with(every_method).await;
    let ada = world.signed_up(ADDRESS).await;
    let services = &world.services;
    services
        .email_address()
        .request_verification(request())
        .await
        .unwrap();
    let ticket = world.mailer.sent().pop().unwrap().ticket;
    services
        .email_links()
        .follow(Ticket::parse(ticket.expose()).unwrap())
        .await
        .unwrap();
    let token = leave_behind(&world, ada.user.id).await;

    services.email_sign_in().send_link(sign_in()).await.unwrap();
    let ticket = world.mailer.sent().pop().unwrap().ticket;
    services
        .email_links()
        .follow(Ticket::parse(ticket.expose()).unwrap())
        .await
        .unwrap();

    let pat = services.personal_access_tokens().sign_in(token.token).await;
    assert!(pat.is_ok());
    assert!(world.stored(ADDRESS).await.unwrap().active_mfa.is_some());
    assert!(services.tokens().refresh(ada.refresh_token).await.is_ok());
}
