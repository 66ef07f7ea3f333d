use std::time::Duration;

use auth_domain::{
    recovery_code::RecoveryKeys,
    sealed::{SealedSecret, StoredSecret},
    services::{
        CurrentUserRefusal, Error, SecondFactorError, SecondFactorProof, SecondFactorRefusal,
        SecondFactorSignIn, SignInRefusal, SignedIn, TotpEnrolment,
    },
    session::{AccessIdentity, Session, SessionId},
    testing::PlainTotp,
    ticket::{Ticket, TicketPurpose},
    totp::{STEP_SECONDS, TimeStep, TotpSecret},
    user::{MfaMethod, UserId},
};
use uuid::Uuid;

use crate::world::{PASSWORD, World, credentials};

const ADA: &str = "ada@example.com";

/// A step's length.
const STEP: Duration = Duration::from_secs(STEP_SECONDS);

impl World {
    /// The digits that an app shows so many steps from now.
    fn digits(&self, secret: &TotpSecret, steps: i64) -> String {
        use auth_domain::ports::Clock;

        let now = u64::try_from(self.clock.now().timestamp()).unwrap();
        let step = (now / STEP_SECONDS).strict_add_signed(steps);
        PlainTotp::digits(secret, TimeStep(step))
    }

    fn proof(&self, secret: &TotpSecret, steps: i64) -> SecondFactorProof {
        SecondFactorProof::read(&self.digits(secret, steps))
    }

    async fn generate(&self, user: UserId) -> TotpEnrolment {
        self.services.second_factor().generate(user).await.unwrap()
    }

    /// Ada with a second factor, and its secret.
    async fn protected(&self) -> (UserId, TotpSecret) {
        let ada = self.signed_up(ADA).await.user.id;
        let secret = self.generate(ada).await.secret;
        let proof = self.proof(&secret, 0);
        let service = self.services.second_factor();
        service.activate(ada, proof).await.unwrap();
        (ada, secret)
    }

    /// What the right password leads to.
    async fn ticket(&self) -> Ticket {
        let attempt = credentials(ADA, PASSWORD);
        let answer = self.services.sign_in().with_email_password(attempt).await;
        match answer.unwrap() {
            SignedIn::SecondFactor(ticket) => ticket,
            SignedIn::Session(_) => panic!("no second factor was asked for"),
        }
    }

    /// Both steps of a sign-in.
    async fn sign_in_with(&self, proof: SecondFactorProof) -> Result<Session, SecondFactorError> {
        let ticket = Some(self.ticket().await);
        let attempt = SecondFactorSignIn { ticket, proof };
        self.services.second_factor().sign_in(attempt).await
    }

    async fn stored_secret(&self, user: UserId) -> Option<StoredSecret> {
        let mut work = self.store.begin().await.unwrap();
        let factor = work.second_factors().find(user).await.unwrap();
        work.rollback().await.unwrap();
        factor.unwrap().secret
    }

    /// Writes a text where the secret of a user is stored.
    async fn leave_secret(&self, user: UserId, secret: &StoredSecret) {
        let StoredSecret::Sealed(secret) = secret else {
            panic!("only what looks sealed can be written");
        };
        let mut work = self.store.begin().await.unwrap();
        work.second_factors().find(user).await.unwrap();
        work.second_factors().reseal(user, secret).await.unwrap();
        work.commit().await.unwrap();
    }
}

#[track_caller]
fn assert_invalid_code<T>(outcome: &Result<T, SecondFactorError>) {
    assert!(matches!(
        outcome,
        Err(Error::Refused(SecondFactorRefusal::InvalidCode))
    ));
}

#[tokio::test]
async fn a_code_is_good_a_step_early_and_a_step_late_and_no_longer() {
    for (steps, is_good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let world = World::new().await;
        let (_, secret) = world.protected().await;

        let outcome = world.sign_in_with(world.proof(&secret, steps)).await;

        assert_eq!(outcome.is_ok(), is_good, "{steps}");
    }
}

#[tokio::test]
async fn a_code_that_is_older_than_the_last_used_one_is_over() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;

    world.sign_in_with(world.proof(&secret, 0)).await.unwrap();

    assert_invalid_code(&world.sign_in_with(world.proof(&secret, -1)).await);
    assert_invalid_code(&world.sign_in_with(world.proof(&secret, 0)).await);
    world.clock.advance(STEP);
    assert_invalid_code(&world.sign_in_with(world.proof(&secret, -1)).await);
    assert!(world.sign_in_with(world.proof(&secret, 0)).await.is_ok());
}

#[tokio::test]
async fn a_closed_second_factor_opens_again_after_an_hour() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;
    for _ in 0..5 {
        assert_invalid_code(&world.sign_in_with(world.proof(&secret, 9)).await);
    }

    world.clock.advance(Duration::from_mins(59));
    assert_invalid_code(&world.sign_in_with(world.proof(&secret, 0)).await);

    world.clock.advance(Duration::from_mins(2));
    assert!(world.sign_in_with(world.proof(&secret, 0)).await.is_ok());
}

#[tokio::test]
async fn text_that_can_be_no_code_is_no_guess() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;

    for _ in 0..9 {
        assert_invalid_code(&world.sign_in_with(SecondFactorProof::read("12345")).await);
    }

    assert!(world.sign_in_with(world.proof(&secret, 0)).await.is_ok());
}

#[tokio::test]
async fn a_ticket_lives_five_minutes() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;
    let ticket = world.ticket().await;

    world.clock.advance(Duration::from_mins(5));

    let attempt = SecondFactorSignIn {
        ticket: Some(ticket),
        proof: world.proof(&secret, 0),
    };
    let outcome = world.services.second_factor().sign_in(attempt).await;
    assert!(matches!(
        outcome,
        Err(Error::Refused(SecondFactorRefusal::InvalidTicket))
    ));
}

#[tokio::test]
async fn a_ticket_for_something_else_is_refused_and_not_spent() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;
    for ticket in [
        Some(Ticket::new(TicketPurpose::SignInLink, Uuid::nil())),
        None,
    ] {
        let proof = world.proof(&secret, 0);
        let attempt = SecondFactorSignIn { ticket, proof };

        let outcome = world.services.second_factor().sign_in(attempt).await;

        assert!(matches!(
            outcome,
            Err(Error::Refused(SecondFactorRefusal::InvalidTicket))
        ));
    }
}

#[tokio::test]
async fn secrets_are_sealed_for_their_user() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let eve = world.signed_up("eve@example.com").await.user.id;

    let sealed = world.stored_secret(ada).await.unwrap();
    assert!(matches!(sealed, StoredSecret::Sealed(_)));

    world.leave_secret(eve, &sealed).await;
    let proof = world.proof(&secret, 0);
    let stolen = world.services.second_factor().activate(eve, proof).await;
    assert!(matches!(stolen, Err(Error::Failed(_))));
}

#[tokio::test]
async fn a_code_of_a_secret_that_does_not_open_is_not_counted() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let kept = world.stored_secret(ada).await.unwrap();
    let unreadable = StoredSecret::Sealed(SealedSecret::new("of another key"));
    world.leave_secret(ada, &unreadable).await;

    for _ in 0..9 {
        let outcome = world.sign_in_with(world.proof(&secret, 0)).await;
        assert!(matches!(outcome, Err(Error::Failed(_))));
    }

    world.leave_secret(ada, &kept).await;
    assert!(world.sign_in_with(world.proof(&secret, 0)).await.is_ok());
}

#[tokio::test]
async fn a_picture_shows_the_secret_for_the_issuer_and_the_address() {
    let world = World::with(|it| it.second_factors.totp_issuer = "My App".to_owned()).await;
    let ada = world.signed_up(ADA).await.user.id;

    let enrolment = world.generate(ada).await;

    let expected = enrolment.secret.uri("My App", ADA);
    assert_eq!(enrolment.picture.0, expected.expose().as_bytes());
}

#[tokio::test]
async fn recovery_codes_outlive_the_key_they_were_hashed_with() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let proof = world.proof(&secret, 0);
    let service = world.services.second_factor();
    let codes = service.renew_recovery_codes(ada, proof).await.unwrap();
    let proof = |place: usize| SecondFactorProof::RecoveryCode(codes[place].clone());
    let with_keys = |keys| world.beside(|it| it.second_factors.recovery_keys = keys);

    let former = RecoveryKeys::derive(b"new", [&b"a key for tests"[..]]);
    let knows_former = with_keys(former).await;
    let does_not = with_keys(RecoveryKeys::derive(b"new", [])).await;

    assert!(knows_former.sign_in_with(proof(0)).await.is_ok());
    assert_invalid_code(&does_not.sign_in_with(proof(1)).await);
    assert!(world.sign_in_with(proof(1)).await.is_ok());
}

#[tokio::test]
async fn a_disabled_second_factor_is_still_asked_for() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let without = world
        .beside(|it| it.second_factors.totp_enabled = false)
        .await;

    let outcome = without.sign_in_with(world.proof(&secret, 0)).await;

    assert!(matches!(
        outcome,
        Err(Error::Refused(SecondFactorRefusal::Disabled))
    ));
    let generated = without.services.second_factor().generate(ada).await;
    assert!(matches!(
        generated,
        Err(Error::Refused(SecondFactorRefusal::Disabled))
    ));
    let stored = world.stored(ADA).await.unwrap();
    assert_eq!(stored.active_mfa, Some(MfaMethod::Totp));
}

#[tokio::test]
async fn an_installation_without_authenticator_apps_lets_no_protected_account_in() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let without = world.without_authenticator_apps().await;

    let outcome = without.sign_in_with(world.proof(&secret, 0)).await;

    assert!(matches!(
        outcome,
        Err(Error::Refused(SecondFactorRefusal::Disabled))
    ));
    let generated = without.services.second_factor().generate(ada).await;
    assert!(matches!(
        generated,
        Err(Error::Refused(SecondFactorRefusal::Disabled))
    ));
    assert!(world.sign_in_with(world.proof(&secret, 0)).await.is_ok());
}

#[tokio::test]
async fn a_closed_second_factor_is_open_for_a_recovery_code() {
    let world = World::new().await;
    let (ada, secret) = world.protected().await;
    let service = world.services.second_factor();
    let codes = service
        .renew_recovery_codes(ada, world.proof(&secret, 0))
        .await
        .unwrap();
    for _ in 0..5 {
        assert_invalid_code(&world.sign_in_with(SecondFactorProof::read("000000")).await);
    }
    assert_invalid_code(&world.sign_in_with(world.proof(&secret, 1)).await);

    let text = codes[0].shown();
    world
        .sign_in_with(SecondFactorProof::read(text.expose()))
        .await
        .unwrap();

    world.sign_in_with(world.proof(&secret, 1)).await.unwrap();
}

#[tokio::test]
async fn a_code_that_was_used_before_is_refused_and_not_counted() {
    let world = World::new().await;
    let (_, secret) = world.protected().await;
    world.sign_in_with(world.proof(&secret, 0)).await.unwrap();

    for _ in 0..6 {
        assert_invalid_code(&world.sign_in_with(world.proof(&secret, 0)).await);
    }

    world.sign_in_with(world.proof(&secret, 1)).await.unwrap();
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_was_judged_gets_no_ticket() {
    let world = World::new().await;
    let (ada, _) = world.protected().await;

    let overtaken = world.overtaken(ada).sign_in();
    let answer = overtaken
        .with_email_password(credentials(ADA, PASSWORD))
        .await;

    assert!(matches!(
        answer,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
}

/// A request in flight whose session ended after the access token was checked.
#[tokio::test]
async fn a_request_that_outlived_its_session_takes_no_second_factor_away() {
    let world = World::with(|it| it.second_factors.totp_enabled = true).await;
    let (ada, secret) = world.protected().await;
    let ended = AccessIdentity {
        session: Some(SessionId(Uuid::from_u128(1))),
        ..AccessIdentity::from(ada)
    };
    let proof = || world.proof(&secret, 1);
    let service = world.services.second_factor();

    let off = service.deactivate(ended, proof()).await;
    let codes = service.renew_recovery_codes(ended, proof()).await.map(drop);

    for change in [off, codes] {
        assert!(matches!(
            change,
            Err(Error::Refused(SecondFactorRefusal::NotSignedIn(
                CurrentUserRefusal::InvalidToken
            )))
        ));
    }
    // The code was not spent either.
    service.deactivate(ada, proof()).await.unwrap();
}
