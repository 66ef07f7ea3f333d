//! The sessions of a user, and what an access token is worth after its session.

use std::time::Duration;

use auth_domain::{
    DateTime, Utc,
    one_time_code::OneTimeCode,
    ports::Clock,
    services::{
        CodeChannel, CurrentUserRefusal, DelicateAction, ElevationRefusal, EmailAddressRefusal,
        EmailPasswordSignIn, Error, LinkRequest, PasswordChangeRefusal, PersonalAccessTokenRefusal,
        PersonalAccessTokenRequest, SecondFactorProof, SecondFactorRefusal, Services,
        SessionRefusal, SignedIn,
    },
    session::{AccessIdentity, AddressBlock, AuthMethod, Device, OpenSession, Session, UserAgent},
    testing::PlainTotp,
    totp::{STEP_SECONDS, TimeStep},
};

use crate::world::{PASSWORD, World, bearer_of, credentials, email, password};

const ADA: &str = "ada@example.com";

fn device(user_agent: &str, address: &str) -> Device {
    Device {
        user_agent: UserAgent::parse(user_agent),
        network: Some(AddressBlock::around(address.parse().unwrap())),
    }
}

async fn signed_in(services: &Services, attempt: EmailPasswordSignIn) -> Session {
    match services
        .sign_in()
        .with_email_password(attempt)
        .await
        .unwrap()
    {
        SignedIn::Session(session) => *session,
        SignedIn::SecondFactor(_) => panic!("no user has a second factor here"),
    }
}

async fn sessions_of(world: &World, session: &Session) -> Vec<OpenSession> {
    let sessions = world.services.sessions();
    sessions.list(session.user.id).await.unwrap()
}

#[tokio::test]
async fn a_session_tells_where_it_was_seen_and_how_it_began() {
    let world = World::new().await;
    let first = world.signed_up(ADA).await;
    let laptop = device("Firefox", "192.0.2.77");

    let services = world.services.seen_from(laptop.clone(), None);
    let second = signed_in(&services, credentials(ADA, PASSWORD)).await;

    let sessions = sessions_of(&world, &first).await;
    let device_of = |id| sessions.iter().find(|it| it.id == id).unwrap();
    assert_eq!(device_of(second.id).device, laptop);
    assert_eq!(device_of(second.id).methods, AuthMethod::Password.into());
    assert_eq!(device_of(first.id).device, Device::default());
}

#[tokio::test]
async fn a_refresh_tells_where_the_session_is_used_now() {
    let world = World::new().await;
    let session = world.signed_up(ADA).await;
    let phone = device("Safari", "2001:db8::1");

    let services = world.services.seen_from(phone.clone(), None);
    let refreshed = services
        .tokens()
        .refresh(session.refresh_token)
        .await
        .unwrap();

    let [seen] = &sessions_of(&world, &session).await[..] else {
        panic!("a refresh neither opens nor ends a session")
    };
    assert_eq!(seen.device, phone);
    assert!(refreshed.access_token.value.ends_with("/pwd"));
}

#[tokio::test]
async fn one_session_ends_and_its_owner_ends_no_other_ones() {
    let world = World::new().await;
    let first = world.signed_up(ADA).await;
    let second = world.signed_in(ADA).await;
    let stranger = world.signed_up("eve@example.com").await;
    let sessions = world.services.sessions();

    let foreign = sessions.end(stranger.user.id, first.id).await;
    sessions.end(first.user.id, first.id).await.unwrap();
    let again = sessions.end(first.user.id, first.id).await;

    for refused in [foreign, again] {
        assert!(matches!(
            refused,
            Err(Error::Refused(SessionRefusal::NoSuchSession))
        ));
    }
    let tokens = world.services.tokens();
    assert!(tokens.refresh(first.refresh_token).await.is_err());
    assert!(tokens.refresh(second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn all_other_sessions_end() {
    let world = World::new().await;
    let first = world.signed_up(ADA).await;
    let second = world.signed_in(ADA).await;
    let stranger = world.signed_up("eve@example.com").await;

    let sessions = world.services.sessions();
    sessions.end_others(bearer_of(&second)).await.unwrap();

    let tokens = world.services.tokens();
    assert!(tokens.refresh(first.refresh_token).await.is_err());
    assert!(tokens.refresh(second.refresh_token).await.is_ok());
    assert!(tokens.refresh(stranger.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_token_that_names_no_session_ends_no_others() {
    let world = World::new().await;
    let session = world.signed_up(ADA).await;
    let bearer = AccessIdentity {
        session: None,
        ..bearer_of(&session)
    };

    let refused = world.services.sessions().end_others(bearer).await;

    assert!(matches!(
        refused,
        Err(Error::Refused(SessionRefusal::Unknown))
    ));
    assert_eq!(sessions_of(&world, &session).await.len(), 1);
}

#[tokio::test]
async fn nothing_lasting_is_done_with_the_token_of_an_ended_session() {
    let world = World::new().await;
    let session = world.signed_up(ADA).await;
    let services = &world.services;
    let bearer = bearer_of(&session);
    services.current_user().check_session(bearer).await.unwrap();
    services
        .elevation()
        .check(bearer, DelicateAction::Any)
        .await
        .unwrap();

    services
        .sign_out()
        .end_session(session.refresh_token)
        .await
        .unwrap();

    let checked = services.current_user().check_session(bearer).await;
    assert!(matches!(
        checked,
        Err(Error::Refused(CurrentUserRefusal::InvalidToken))
    ));
    let elevated = AccessIdentity {
        is_elevated: true,
        ..bearer
    };
    for identity in [bearer, elevated] {
        let checked = services
            .elevation()
            .check(identity, DelicateAction::Any)
            .await;
        let Err(Error::Refused(ElevationRefusal::NotSignedIn(CurrentUserRefusal::InvalidToken))) =
            checked
        else {
            panic!("{checked:?}")
        };
    }
}

#[tokio::test]
async fn a_token_of_another_program_names_no_session_and_may_do_what_it_could() {
    let world = World::new().await;
    let session = world.signed_up(ADA).await;
    let bearer = AccessIdentity {
        session: None,
        ..bearer_of(&session)
    };

    let checked = world.services.current_user().check_session(bearer).await;

    assert!(checked.is_ok());
}

#[tokio::test]
async fn a_password_that_is_set_ends_all_sessions_but_the_one_that_sets_it() {
    let world = World::new().await;
    let first = world.signed_up(ADA).await;
    let second = world.signed_in(ADA).await;

    let change = world.services.password_change();
    change
        .set(bearer_of(&second), &password("another horse"))
        .await
        .unwrap();

    let tokens = world.services.tokens();
    assert!(tokens.refresh(first.refresh_token).await.is_err());
    assert!(tokens.refresh(second.refresh_token).await.is_ok());
}

/// A request in flight whose session ended after the access token was checked.
#[tokio::test]
async fn nothing_lasting_comes_of_a_request_that_outlived_its_session() {
    let world = World::with(|it| it.second_factors.totp_enabled = true).await;
    let attacker = world.signed_up(ADA).await;
    let owner = world.signed_in(ADA).await;
    let services = &world.services;
    let enrolment = services
        .second_factor()
        .generate(attacker.user.id)
        .await
        .unwrap();
    let now = u64::try_from(world.clock.now().timestamp()).unwrap();
    let digits = PlainTotp::digits(&enrolment.secret, TimeStep(now / STEP_SECONDS));
    let bearer = bearer_of(&attacker);
    services
        .sessions()
        .end_others(bearer_of(&owner))
        .await
        .unwrap();

    let new = password("another horse");
    let set = services.password_change().set(bearer, &new).await;
    let request = PersonalAccessTokenRequest {
        expires_at: DateTime::<Utc>::MAX_UTC,
        metadata: None,
    };
    let pat = services
        .personal_access_tokens()
        .create(bearer, request)
        .await;
    let elsewhere = LinkRequest {
        email: email("attacker@example.com"),
        redirect_to: None,
        code_challenge: None,
    };
    let change = services
        .email_address()
        .request_change(bearer, elsewhere)
        .await;
    let proof = SecondFactorProof::read(&digits);
    let factor = services.second_factor().activate(bearer, proof).await;
    let secret = services.second_factor().generate(bearer).await.map(drop);

    assert!(matches!(
        set,
        Err(Error::Refused(PasswordChangeRefusal::NotSignedIn(
            CurrentUserRefusal::InvalidToken
        )))
    ));
    assert!(matches!(
        pat,
        Err(Error::Refused(PersonalAccessTokenRefusal::NotSignedIn(
            CurrentUserRefusal::InvalidToken
        )))
    ));
    assert!(matches!(
        change,
        Err(Error::Refused(EmailAddressRefusal::SessionEnded))
    ));
    for change in [factor, secret] {
        assert!(matches!(
            change,
            Err(Error::Refused(SecondFactorRefusal::NotSignedIn(
                CurrentUserRefusal::InvalidToken
            )))
        ));
    }
    assert!(world.mailer.sent().is_empty());
    assert_eq!(world.signed_in(ADA).await.user.active_mfa, None);
    let refreshed = services.tokens().refresh(owner.refresh_token).await;
    assert!(refreshed.is_ok());
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_elevated() {
    let world = World::with(|it| it.accounts.email_code_enabled = true).await;
    let session = world.signed_up(ADA).await;
    let services = &world.services;
    let mut work = world.store.begin().await.unwrap();
    work.users()
        .set_email_verified(session.user.id)
        .await
        .unwrap();
    work.commit().await.unwrap();
    let mail = CodeChannel::Mail;
    services
        .elevation()
        .send_code(session.user.id, mail)
        .await
        .unwrap();
    let code = world.mailer.sent().pop().unwrap().ticket;
    let code = OneTimeCode::parse(code.expose()).unwrap();
    services
        .sign_out()
        .end_session(session.refresh_token)
        .await
        .unwrap();

    let elevated = services
        .elevation()
        .with_code(bearer_of(&session), mail, &code)
        .await;

    let Err(Error::Refused(ElevationRefusal::NotSignedIn(CurrentUserRefusal::InvalidToken))) =
        elevated
    else {
        panic!("{elevated:?}")
    };
    assert_eq!(sessions_of(&world, &session).await, []);
}

#[tokio::test]
async fn a_personal_access_token_is_good_for_no_longer_than_the_policy_allows() {
    let longest = Duration::from_hours(90 * 24);
    let world = World::with(|it| it.sessions.personal_access_token_max_age = Some(longest)).await;
    let session = world.signed_up(ADA).await;
    let now = world.clock.now();
    let create = async |expires_at| {
        let request = PersonalAccessTokenRequest {
            expires_at,
            metadata: None,
        };
        let bearer = bearer_of(&session);
        world
            .services
            .personal_access_tokens()
            .create(bearer, request)
            .await
    };

    assert!(create(now + longest).await.is_ok());
    assert!(create(now - longest).await.is_ok());
    for too_long in [
        now + longest + Duration::from_micros(1),
        DateTime::<Utc>::MAX_UTC,
    ] {
        let refused = create(too_long).await;
        assert!(matches!(
            refused,
            Err(Error::Refused(PersonalAccessTokenRefusal::TooLong))
        ));
    }
}
