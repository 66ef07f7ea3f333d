//! Flows by text message: signing in, moving, elevating, and services with codes of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use auth_domain::{
    one_time_code::OneTimeCode,
    ports::{CodeDelivery, Delay, Pause, PhoneVerifier, SmsError, UserLookup},
    services::{
        AnonymousRefusal, AnonymousSignIn, Audience, CodeChannel, DeanonymizeBySms,
        ElevationRefusal, EnumerationProtection, Error, Failure, PhoneChangeRefusal, SignUpOptions,
        SignUpRefusal, SmsCode, SmsSignIn, SmsSignInRefusal,
    },
    session::Session,
    testing::policy,
    user::{Locale, PhoneNumber, Role, UserId},
};
use store_testkit::MemoryStore;

use crate::world::{Errands, World, bearer_of};

const ADA: &str = "+41790000001";
const EVE: &str = "+41790000002";

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn code(text: &str) -> OneTimeCode {
    OneTimeCode::parse(text).unwrap()
}

fn request(to: &str) -> SmsSignIn {
    SmsSignIn {
        phone_number: number(to),
        options: SignUpOptions::default(),
        audience: Audience::AllUsers,
    }
}

fn typed(to: &str, digits: &str) -> SmsCode {
    SmsCode {
        phone_number: number(to),
        code: code(digits),
    }
}

/// Six digits that are not these.
fn other_than(digits: &str) -> String {
    let number: u32 = digits.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn last_code(world: &World, to: &str) -> String {
    let message = world.sms.sent().pop().unwrap();
    assert_eq!(message.to, number(to));
    message.code.expose().to_owned()
}

async fn signed_in(world: &World, who: &str) -> Session {
    let service = world.services.sms_sign_in();
    service.send_code(request(who)).await.unwrap();
    let digits = last_code(world, who);
    service.with_code(typed(who, &digits)).await.unwrap()
}

async fn anonymous(world: &World) -> UserId {
    let request = AnonymousSignIn::default();
    let session = world.services.anonymous().sign_in(request).await.unwrap();
    session.user.id
}

async fn holder(world: &World, of: &str) -> Option<UserId> {
    let lookup = number(of);
    let lookup = UserLookup::PhoneNumber(&lookup);
    let found = world.store.find_user(lookup).await.unwrap();
    found.map(|it| it.id)
}

#[tokio::test]
async fn a_code_signs_in_once_and_for_five_minutes() {
    let world = World::new().await;
    let service = world.services.sms_sign_in();

    let session = signed_in(&world, ADA).await;
    let again = service.with_code(typed(ADA, &last_code(&world, ADA))).await;
    service.send_code(request(ADA)).await.unwrap();
    let digits = last_code(&world, ADA);
    world.clock.advance(Duration::from_mins(5));
    let late = service.with_code(typed(ADA, &digits)).await;

    assert!(session.user.phone_number_verified);
    assert!(matches!(
        again,
        Err(Error::Refused(SmsSignInRefusal::InvalidCode))
    ));
    assert!(matches!(
        late,
        Err(Error::Refused(SmsSignInRefusal::InvalidCode))
    ));
}

#[tokio::test]
async fn a_message_that_is_not_accepted_is_a_failure_and_can_be_asked_for_again() {
    let world = World::new().await;
    let service = world.services.sms_sign_in();
    world.sms.set_failing(true);

    let failed = service.send_code(request(ADA)).await;
    world.sms.set_failing(false);

    assert!(matches!(
        failed,
        Err(Error::Failed(Failure::Sms(SmsError::NotSent(_))))
    ));
    signed_in(&world, ADA).await;
}

#[tokio::test]
async fn with_enumeration_protection_a_request_is_answered_before_anything_is_looked_up() {
    let errands = Arc::new(Errands::default());
    let world = World::enumeration_protected(Arc::clone(&errands) as _, |it| {
        it.accounts.auto_sign_up = false;
    })
    .await;
    let service = world.services.sms_sign_in();

    service.send_code(request(ADA)).await.unwrap();
    assert_eq!(world.sms.sent(), []);

    assert_eq!(errands.run().await, 1);
    assert_eq!(world.sms.sent(), []);
    let new = SmsSignIn {
        audience: Audience::NewUsers,
        ..request(ADA)
    };
    service.send_code(new).await.unwrap();
    assert_eq!(errands.run().await, 1);
    assert_eq!(world.sms.sent().len(), 1);
}

#[tokio::test]
async fn guesses_at_a_number_are_limited_like_attempts_at_an_account() {
    let world = World::limited(|it| it.codes.max_wrong = 100).await;
    let service = world.services.sms_sign_in();
    service.send_code(request(ADA)).await.unwrap();
    let digits = last_code(&world, ADA);

    for _ in 0..3 {
        let wrong = typed(ADA, &other_than(&digits));
        let wrong = service.with_code(wrong).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(SmsSignInRefusal::InvalidCode))
        ));
    }
    let closed = service.with_code(typed(ADA, &digits)).await;

    assert!(matches!(closed, Err(Error::Failed(Failure::TooMany(_)))));
}

/// A stranger uses up neither the guesses nor the attempts of the owner unless a code was sent.
#[tokio::test]
async fn a_guess_is_no_attempt_where_no_code_is_open() {
    let world = World::limited(|_| {}).await;
    signed_in(&world, ADA).await;
    let service = world.services.sms_sign_in();

    for spelling in [ADA, "+41 79 000 00 01", "0041790000001", ADA, ADA, ADA] {
        let wrong = service.with_code(typed(spelling, "123456")).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(SmsSignInRefusal::InvalidCode))
        ));
    }

    signed_in(&world, ADA).await;
}

#[tokio::test]
async fn a_phone_gets_so_many_messages_of_each_kind() {
    let world = World::limited(|_| {}).await;
    let session = signed_in(&world, ADA).await;
    let service = world.services.sms_sign_in();
    service.send_code(request(ADA)).await.unwrap();
    service.send_code(request(ADA)).await.unwrap();

    let fourth = service.send_code(request(ADA)).await;
    let elevation = world.services.elevation();
    let elevating = elevation
        .send_code(session.user.id, CodeChannel::Text)
        .await;

    assert!(matches!(fourth, Err(Error::Failed(Failure::TooMany(_)))));
    assert!(elevating.is_ok());
    assert_eq!(world.sms.sent().len(), 4);
}

#[tokio::test]
async fn a_number_for_tests_gets_no_message_and_has_its_own_code() {
    let world = World::with(|it| {
        it.sms.test_numbers = vec![(number(ADA), code("424242"))];
    })
    .await;
    let service = world.services.sms_sign_in();

    let too_early = service.with_code(typed(ADA, "424242")).await;
    service.send_code(request(ADA)).await.unwrap();
    let session = service.with_code(typed(ADA, "424242")).await;

    assert!(matches!(
        too_early,
        Err(Error::Refused(SmsSignInRefusal::InvalidCode))
    ));
    assert!(session.is_ok());
    assert_eq!(world.sms.sent(), []);
}

#[tokio::test]
async fn an_anonymous_user_stays_so_until_the_code_is_typed() {
    let world = World::new().await;
    let (user, other) = (anonymous(&world).await, anonymous(&world).await);
    let request = |to| DeanonymizeBySms {
        phone_number: number(to),
        options: SignUpOptions {
            default_role: Some(Role::parse("me").unwrap()),
            locale: Some(Locale::parse("fr").unwrap()),
            ..SignUpOptions::default()
        },
    };
    let service = world.services.anonymous();

    service
        .deanonymize_by_sms(user, request(ADA))
        .await
        .unwrap();
    let digits = last_code(&world, ADA);
    assert_eq!(world.sms.sent()[0].locale.as_str(), "fr");
    assert_eq!(holder(&world, ADA).await, None);
    let sign_in = world.services.sms_sign_in();
    let session = sign_in.with_code(typed(ADA, &digits)).await.unwrap();

    assert_eq!(session.user.id, user);
    assert_eq!(session.user.default_role.as_str(), "me");
    assert_eq!(session.user.display_name, ADA);
    let again = service.deanonymize_by_sms(user, request(EVE)).await;
    assert!(matches!(
        again,
        Err(Error::Refused(AnonymousRefusal::NotAnonymous))
    ));
    let taken = service.deanonymize_by_sms(other, request(ADA)).await;
    assert!(matches!(
        taken,
        Err(Error::Refused(AnonymousRefusal::SignUp(
            SignUpRefusal::PhoneNumberTaken
        )))
    ));
}

#[tokio::test]
async fn an_account_moves_only_to_the_number_the_last_code_went_to() {
    let world = World::new().await;
    let user = signed_in(&world, ADA).await.user.id;
    let service = world.services.phone_change();

    service.request(user, number("+41790000009")).await.unwrap();
    let first = last_code(&world, "+41790000009");
    service.request(user, number(EVE)).await.unwrap();
    let elsewhere = number("+41790000009");
    let to_first = service.confirm(user, &elsewhere, &code(&first)).await;
    assert!(matches!(
        to_first,
        Err(Error::Refused(PhoneChangeRefusal::InvalidCode))
    ));
    assert_eq!(holder(&world, ADA).await, Some(user));
    service.request(user, number(EVE)).await.unwrap();
    let second = code(&last_code(&world, EVE));
    service.confirm(user, &number(EVE), &second).await.unwrap();

    assert_eq!(holder(&world, EVE).await, Some(user));
    assert_eq!(holder(&world, ADA).await, None);
}

#[tokio::test]
async fn without_text_messages_every_use_of_them_says_so() {
    let off = |it: &mut auth_domain::services::Dependencies| it.sms = None;
    let store = Arc::new(MemoryStore::default());
    let world = World::over_with(store, Arc::default(), policy(), off).await;
    let user = world.signed_up("ada@example.com").await.user.id;
    let services = &world.services;

    let sent = services.sms_sign_in().send_code(request(ADA)).await;
    let typed = services.sms_sign_in().with_code(typed(ADA, "123456")).await;
    let moved = services.phone_change().request(user, number(ADA)).await;
    let elevated = services
        .elevation()
        .send_code(user, CodeChannel::Text)
        .await;

    assert!(matches!(
        sent,
        Err(Error::Refused(SmsSignInRefusal::MethodDisabled))
    ));
    assert!(matches!(
        typed,
        Err(Error::Refused(SmsSignInRefusal::MethodDisabled))
    ));
    assert!(matches!(
        moved,
        Err(Error::Refused(PhoneChangeRefusal::MethodDisabled))
    ));
    assert!(matches!(
        elevated,
        Err(Error::Refused(ElevationRefusal::MethodDisabled))
    ));
}

/// Accepts `111111` for any number, however often; fails for `500500`.
#[derive(Default)]
struct Lenient {
    started: AtomicUsize,
    asked: AtomicUsize,
}

#[async_trait]
impl PhoneVerifier for Lenient {
    async fn start(&self, _: &PhoneNumber, _: &Locale) -> Result<(), SmsError> {
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn check(&self, _: &PhoneNumber, code: &OneTimeCode) -> Result<bool, SmsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match code.expose() {
            "500500" => Err(SmsError::NotChecked("away".into())),
            other => Ok(other == "111111"),
        }
    }
}

async fn judged_elsewhere() -> (World, Arc<Lenient>) {
    let verifier = Arc::new(Lenient::default());
    let delivery = CodeDelivery::Verifier(Arc::clone(&verifier) as _);
    let store = Arc::new(MemoryStore::default());
    let world = World::over_with(store, Arc::default(), policy(), |it| {
        it.sms = Some(delivery);
    });
    (world.await, verifier)
}

#[tokio::test]
async fn a_code_judged_elsewhere_still_works_once_and_for_ten_minutes() {
    let (world, verifier) = judged_elsewhere().await;
    let service = world.services.sms_sign_in();

    let unasked = service.with_code(typed(ADA, "111111")).await;
    service.send_code(request(ADA)).await.unwrap();
    world.clock.advance(Duration::from_secs(599));
    let session = service.with_code(typed(ADA, "111111")).await;
    let again = service.with_code(typed(ADA, "111111")).await;
    service.send_code(request(ADA)).await.unwrap();
    world.clock.advance(Duration::from_mins(10));
    let late = service.with_code(typed(ADA, "111111")).await;

    assert!(session.is_ok());
    for refused in [unasked, again, late] {
        assert!(matches!(
            refused,
            Err(Error::Refused(SmsSignInRefusal::InvalidCode))
        ));
    }
    // Where no code is awaited the service is not asked.
    assert_eq!(verifier.asked.load(Ordering::Relaxed), 1);
    assert_eq!(verifier.started.load(Ordering::Relaxed), 2);
    assert_eq!(world.sms.sent(), []);
}

/// Ends every delay at once.
struct Hasty;

impl Delay for Hasty {
    fn pause(&self, _: Duration) -> Pause {
        Box::pin(async {})
    }
}

#[tokio::test]
async fn with_enumeration_protection_the_service_checks_guesses_at_any_number() {
    let verifier = Arc::new(Lenient::default());
    let delivery = CodeDelivery::Verifier(Arc::clone(&verifier) as _);
    let world = World::over_with(
        Arc::new(MemoryStore::default()),
        Arc::default(),
        policy(),
        |it| {
            it.sms = Some(delivery);
            it.enumeration_protection = Some(EnumerationProtection {
                background: Arc::new(Errands::default()),
                delay: Arc::new(Hasty),
            });
        },
    )
    .await;

    let unknown = world
        .services
        .sms_sign_in()
        .with_code(typed(ADA, "111111"))
        .await;

    assert!(matches!(
        unknown,
        Err(Error::Refused(SmsSignInRefusal::InvalidCode))
    ));
    assert_eq!(verifier.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn guesses_judged_elsewhere_are_counted_here() {
    let (world, _) = judged_elsewhere().await;
    let service = world.services.sms_sign_in();
    service.send_code(request(ADA)).await.unwrap();

    let unjudged = service.with_code(typed(ADA, "500500")).await;
    for _ in 0..5 {
        let wrong = service.with_code(typed(ADA, "222222")).await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(SmsSignInRefusal::InvalidCode))
        ));
    }
    service.send_code(request(ADA)).await.unwrap();
    let closed = service.with_code(typed(ADA, "111111")).await;

    assert!(matches!(unjudged, Err(Error::Failed(_))));
    assert!(matches!(
        closed,
        Err(Error::Refused(SmsSignInRefusal::TooManyGuesses))
    ));
}

#[tokio::test]
async fn a_code_judged_elsewhere_is_good_for_what_was_asked_for_alone() {
    let (world, _) = judged_elsewhere().await;
    let service = world.services.sms_sign_in();
    service.send_code(request(ADA)).await.unwrap();
    let session = service.with_code(typed(ADA, "111111")).await.unwrap();
    let user = session.user.id;
    let bearer = bearer_of(&session);
    service.send_code(request(ADA)).await.unwrap();
    let (elevation, change) = (&world.services.elevation(), &world.services.phone_change());

    let right = code("111111");
    let elevated = elevation.with_code(bearer, CodeChannel::Text, &right).await;
    assert!(matches!(
        elevated,
        Err(Error::Refused(ElevationRefusal::InvalidCode))
    ));
    change.request(user, number(EVE)).await.unwrap();
    let elsewhere = number("+41790000009");
    let moved = change.confirm(user, &elsewhere, &right).await;

    assert!(matches!(
        moved,
        Err(Error::Refused(PhoneChangeRefusal::InvalidCode))
    ));
    assert_eq!(holder(&world, ADA).await, Some(user));
}
