//! Wrong codes: strangers do not lock out the owner, and an attacker gets few guesses.

use std::time::Duration;

use auth_domain::{
    limits::ClientNetwork,
    one_time_code::OneTimeCode,
    policy::AuthPolicy,
    ports::{Clock, MailKind},
    services::{
        Audience, CodeChannel, ElevationRefusal, EmailCode, EmailSignIn, EmailSignInError,
        EmailSignInRefusal, Error, LinkCode, LinkRefusal, LinkRequest, SecondFactorError,
        SecondFactorProof, SecondFactorRefusal, SecondFactorSignIn, Services, SignUpOptions,
        SignedIn, SmsCode, SmsSignIn, SmsSignInError, SmsSignInRefusal,
    },
    session::{Device, Session},
    testing::PlainTotp,
    ticket::{Ticket, TicketPurpose},
    totp::{STEP_SECONDS, TimeStep, TotpSecret},
    user::PhoneNumber,
};

use crate::world::{PASSWORD, World, bearer_of, credentials, email};

const ADA: &str = "ada@example.com";
const NUMBER: &str = "+41790000001";

/// The network that Ada signs in from.
const HOME: &str = "192.0.2.1";
/// Networks from which no account was signed in to.
const ELSEWHERE: [&str; 3] = ["198.51.100.1", "203.0.113.1", "2001:db8::1"];

fn ways_in(it: &mut AuthPolicy) {
    it.accounts.email_code_enabled = true;
    it.codes.beside_links = true;
    it.second_factors.totp_enabled = true;
}

impl World {
    /// The services for a request from a network.
    fn from(&self, address: &str) -> Services {
        let client = ClientNetwork::of(address.parse().unwrap());
        self.services.seen_from(Device::default(), Some(client))
    }

    /// Ada, who signed up and in at home.
    async fn at_home(&self) -> Session {
        self.signed_up(ADA).await;
        let signed_in = self.from(HOME).sign_in();
        let signed_in = signed_in
            .with_email_password(credentials(ADA, PASSWORD))
            .await;
        match signed_in.unwrap() {
            SignedIn::Session(session) => *session,
            SignedIn::SecondFactor(_) => panic!("she has no second factor yet"),
        }
    }

    /// Has a code mailed that signs Ada in, as any client can.
    async fn mailed_code(&self) -> OneTimeCode {
        let request = EmailSignIn {
            email: email(ADA),
            options: SignUpOptions::default(),
            code_challenge: None,
            audience: Audience::AllUsers,
        };
        self.services
            .email_sign_in()
            .send_code(request)
            .await
            .unwrap();
        let mail = self.mailer.sent().pop().unwrap();
        assert_eq!(mail.kind, MailKind::SignInCode);
        OneTimeCode::parse(mail.ticket.expose()).unwrap()
    }

    async fn texted_code(&self) -> OneTimeCode {
        let request = SmsSignIn {
            phone_number: number(),
            options: SignUpOptions::default(),
            audience: Audience::AllUsers,
        };
        self.services
            .sms_sign_in()
            .send_code(request)
            .await
            .unwrap();
        let text = self.sms.sent().pop().unwrap();
        OneTimeCode::parse(text.code.expose()).unwrap()
    }

    /// Five wrong codes from all over the world.
    async fn guess_from_elsewhere(&self, right: &OneTimeCode) {
        for address in ELSEWHERE.iter().cycle().take(5) {
            let guess = self.type_mailed(address, &other_than(right)).await;
            assert!(matches!(
                guess,
                Err(Error::Refused(EmailSignInRefusal::InvalidCode))
            ));
        }
    }

    async fn type_mailed(
        &self,
        address: &str,
        code: &OneTimeCode,
    ) -> Result<Session, EmailSignInError> {
        let code = EmailCode {
            email: email(ADA),
            code: code.clone(),
        };
        self.from(address).email_sign_in().with_code(code).await
    }

    async fn type_texted(
        &self,
        address: &str,
        code: &OneTimeCode,
    ) -> Result<Session, SmsSignInError> {
        let code = SmsCode {
            phone_number: number(),
            code: code.clone(),
        };
        self.from(address).sms_sign_in().with_code(code).await
    }

    /// Gives Ada an authenticator app.
    async fn protect(&self, ada: &Session) -> TotpSecret {
        let service = self.services.second_factor();
        let bearer = bearer_of(ada);
        let secret = service.generate(bearer).await.unwrap().secret;
        let proof = SecondFactorProof::read(&self.digits_of(&secret));
        service.activate(bearer, proof).await.unwrap();
        secret
    }

    fn digits_of(&self, secret: &TotpSecret) -> String {
        let now = u64::try_from(self.clock.now().timestamp()).unwrap();
        PlainTotp::digits(secret, TimeStep(now / STEP_SECONDS))
    }

    /// Signs in with password and app.
    async fn type_totp(&self, address: &str, digits: &str) -> Result<Session, SecondFactorError> {
        let services = self.from(address);
        let attempt = credentials(ADA, PASSWORD);
        let answer = services.sign_in().with_email_password(attempt).await;
        let SignedIn::SecondFactor(ticket) = answer.unwrap() else {
            panic!("no second factor was asked for")
        };
        let attempt = SecondFactorSignIn {
            ticket: Some(ticket),
            proof: SecondFactorProof::read(digits),
        };
        services.second_factor().sign_in(attempt).await
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::parse(NUMBER).unwrap()
}

fn other_than(code: &OneTimeCode) -> OneTimeCode {
    let number: u32 = code.expose().parse().unwrap();
    OneTimeCode::parse(&format!("{:06}", (number + 1) % 1_000_000)).unwrap()
}

#[tokio::test]
async fn where_no_code_is_open_no_guess_closes_the_account() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let digits = OneTimeCode::parse("123456").unwrap();
    for _ in 0..10 {
        let mailed = world.type_mailed(ELSEWHERE[0], &digits).await;
        assert!(matches!(
            mailed,
            Err(Error::Refused(EmailSignInRefusal::InvalidCode))
        ));
        let texted = world.type_texted(ELSEWHERE[0], &digits).await;
        assert!(matches!(
            texted,
            Err(Error::Refused(SmsSignInRefusal::InvalidCode))
        ));
        let beside = LinkCode {
            email: email(ADA),
            purpose: TicketPurpose::ResetPassword,
            code: digits.clone(),
        };
        let beside = world.services.email_links().redeem_code(beside).await;
        assert!(matches!(
            beside,
            Err(Error::Refused(LinkRefusal::InvalidTicket))
        ));
    }

    let mailed = world.mailed_code().await;
    let texted = world.texted_code().await;

    assert!(world.type_mailed(ELSEWHERE[1], &mailed).await.is_ok());
    assert!(world.type_texted(ELSEWHERE[1], &texted).await.is_ok());
}

#[tokio::test]
async fn a_code_that_has_expired_is_not_open() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let late = world.mailed_code().await;
    world.clock.advance(Duration::from_hours(1));
    for _ in 0..10 {
        let guess = world.type_mailed(ELSEWHERE[0], &other_than(&late)).await;
        assert!(matches!(
            guess,
            Err(Error::Refused(EmailSignInRefusal::InvalidCode))
        ));
    }

    let code = world.mailed_code().await;

    assert!(world.type_mailed(ELSEWHERE[0], &code).await.is_ok());
}

#[tokio::test]
async fn strangers_who_have_codes_sent_shut_out_each_other_and_not_the_owner() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let code = world.mailed_code().await;
    world.guess_from_elsewhere(&code).await;

    let strangers = world.type_mailed(ELSEWHERE[2], &code).await;
    let another = world.mailed_code().await;
    let at_another = world.type_mailed("198.51.100.77", &another).await;
    let owner = world.type_mailed(HOME, &another).await;

    assert!(matches!(
        strangers,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
    assert!(matches!(
        at_another,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
    assert!(owner.is_ok());
}

#[tokio::test]
async fn a_place_is_known_for_thirty_days() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let hours = |hours| Duration::from_hours(hours);

    world.clock.advance(hours(30 * 24 - 1));
    let code = world.mailed_code().await;
    world.guess_from_elsewhere(&code).await;
    let wrong = world.type_mailed(HOME, &other_than(&code)).await;
    world.clock.advance(hours(2));
    let code = world.mailed_code().await;
    world.guess_from_elsewhere(&code).await;
    let late = world.type_mailed(HOME, &code).await;

    assert!(matches!(
        wrong,
        Err(Error::Refused(EmailSignInRefusal::InvalidCode))
    ));
    assert!(matches!(
        late,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
}

#[tokio::test]
async fn the_owner_has_no_more_guesses_than_strangers_have() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let code = world.mailed_code().await;

    for _ in 0..5 {
        let wrong = world.type_mailed(HOME, &other_than(&code)).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(EmailSignInRefusal::InvalidCode))
        ));
    }

    let right = world.type_mailed(HOME, &code).await;
    assert!(matches!(
        right,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
}

/// An attacker who signs up with another person's address is known where they did, and gets no more
/// than a few guesses at the mailbox's codes by signing in from a thousand networks.
#[tokio::test]
async fn many_networks_buy_few_guesses() {
    let world = World::with(ways_in).await;
    world.signed_up(ADA).await;
    for last in 0..100 {
        let services = world.from(&format!("198.51.100.{last}"));
        let service = services.sign_in();
        let signed_in = service.with_email_password(credentials(ADA, PASSWORD));
        signed_in.await.unwrap();
    }
    let code = world.mailed_code().await;
    let mut guesses = 0;

    for last in 0..100 {
        let address = format!("198.51.100.{last}");
        match world.type_mailed(&address, &other_than(&code)).await {
            Err(Error::Refused(EmailSignInRefusal::InvalidCode)) => guesses += 1,
            other => assert!(matches!(
                other,
                Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
            )),
        }
    }

    assert_eq!(guesses, 20);
}

#[tokio::test]
async fn the_first_verification_of_a_mailbox_forgets_where_an_attacker_signed_in() {
    let world = World::with(ways_in).await;
    world.at_home().await;
    let code = world.mailed_code().await;
    world.type_mailed(ELSEWHERE[0], &code).await.unwrap();

    let code = world.mailed_code().await;
    for _ in 0..5 {
        let guess = world.type_mailed("203.0.113.9", &other_than(&code)).await;
        assert!(matches!(
            guess,
            Err(Error::Refused(EmailSignInRefusal::InvalidCode))
        ));
    }
    let attacker = world.type_mailed(HOME, &code).await;
    let owner = world.type_mailed(ELSEWHERE[0], &code).await;

    assert!(matches!(
        attacker,
        Err(Error::Refused(EmailSignInRefusal::TooManyGuesses))
    ));
    assert!(owner.is_ok());
}

#[tokio::test]
async fn strangers_do_not_close_the_codes_that_elevate() {
    let world = World::with(ways_in).await;
    let ada = world.at_home().await;
    let mut work = world.store.begin().await.unwrap();
    work.users().set_email_verified(ada.user.id).await.unwrap();
    work.commit().await.unwrap();
    let code = world.mailed_code().await;
    world.guess_from_elsewhere(&code).await;

    let (elevation, mail) = (&world.services.elevation(), CodeChannel::Mail);
    elevation.send_code(ada.user.id, mail).await.unwrap();
    let code = world.mailer.sent().pop().unwrap().ticket;
    let code = OneTimeCode::parse(code.expose()).unwrap();
    let elevated = elevation.with_code(bearer_of(&ada), mail, &code).await;

    assert!(elevated.is_ok());
}

#[tokio::test]
async fn an_attacker_with_a_token_does_not_close_the_codes_that_elevate_at_home() {
    let world = World::with(ways_in).await;
    let ada = world.at_home().await;
    let mut work = world.store.begin().await.unwrap();
    work.users().set_email_verified(ada.user.id).await.unwrap();
    work.commit().await.unwrap();
    let (bearer, mail) = (bearer_of(&ada), CodeChannel::Mail);
    let elevation = world.services.elevation();
    elevation.send_code(ada.user.id, mail).await.unwrap();
    let code = world.mailer.sent().pop().unwrap().ticket;
    let code = OneTimeCode::parse(code.expose()).unwrap();
    let elevate = async |address: &str, code: &OneTimeCode| {
        let elevation = world.from(address).elevation();
        elevation.with_code(bearer, mail, code).await
    };

    for _ in 0..5 {
        let wrong = elevate(ELSEWHERE[0], &other_than(&code)).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(ElevationRefusal::InvalidCode))
        ));
    }
    let attacker = elevate(ELSEWHERE[1], &code).await;
    let owner = elevate(HOME, &code).await;

    assert!(matches!(
        attacker,
        Err(Error::Refused(ElevationRefusal::TooManyGuesses))
    ));
    assert!(owner.is_ok());
}

#[tokio::test]
async fn an_attacker_with_the_password_does_not_close_the_second_factor_at_home() {
    let world = World::with(ways_in).await;
    let ada = world.at_home().await;
    let secret = world.protect(&ada).await;
    world.clock.advance(Duration::from_mins(5));
    let right = world.digits_of(&secret);
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };

    for address in ELSEWHERE.iter().cycle().take(5) {
        let guess = world.type_totp(address, wrong).await;
        assert!(matches!(
            guess,
            Err(Error::Refused(SecondFactorRefusal::InvalidCode))
        ));
    }
    let stranger = world.type_totp("198.51.100.77", &right).await;
    let owner = world.type_totp(HOME, &right).await;

    assert!(matches!(
        stranger,
        Err(Error::Refused(SecondFactorRefusal::InvalidCode))
    ));
    assert!(owner.is_ok());
}

/// An attacker who guesses at another mailbox's code is signed in to their own account, at a known
/// place of it.
#[tokio::test]
async fn no_place_is_known_at_a_code_that_went_to_a_new_address() {
    let world = World::with(ways_in).await;
    let ada = world.at_home().await;
    let elsewhere = LinkRequest {
        email: email("bob@example.com"),
        redirect_to: None,
        code_challenge: None,
    };
    let service = world.services.email_address();
    service
        .request_change(ada.user.id, elsewhere)
        .await
        .unwrap();
    let code = world.mailer.sent().pop().unwrap().code.unwrap();
    let code = OneTimeCode::parse(code.expose()).unwrap();
    let guess = async |address: &str, code: OneTimeCode| {
        let attempt = LinkCode {
            email: email(ADA),
            purpose: TicketPurpose::ConfirmEmailChange,
            code,
        };
        world.from(address).email_links().redeem_code(attempt).await
    };

    for _ in 0..5 {
        assert!(guess(ELSEWHERE[0], other_than(&code)).await.is_err());
    }
    let at_home = guess(HOME, code).await;

    assert!(matches!(
        at_home,
        Err(Error::Refused(LinkRefusal::InvalidTicket))
    ));
    assert_eq!(world.stored("bob@example.com").await, None);
    let link = world.mailer.sent().pop().unwrap().ticket;
    let link = Ticket::parse(link.expose()).unwrap();
    assert!(world.services.email_links().follow(link).await.is_ok());
}
