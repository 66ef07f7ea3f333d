//! The defaults of an embedder, and what has to be switched on.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    policy::{AuthPolicy, PolicyKeys},
    ports::{Store, UserLookup},
    redirect::RedirectPolicy,
    services::{
        AccountRefusal, AnonymousRefusal, AnonymousSignIn, Dependencies, Error, Failure, Ports,
        Services, SignInError, SignInRefusal, SignUpRefusal, SignedIn, SignedUp, UsernameSignUp,
    },
    session::Session,
    testing::{FixedClock, PlainCipher, PlainHasher, PlainSigner, RecordingMailer},
    ticket::Ticket,
};
use store_testkit::MemoryStore;

use crate::world::{PASSWORD, credentials, password, role, sign_up, username};

const ADA: &str = "ada@example.com";

/// Nothing but what [`Dependencies::new`] asks for.
fn minimal(store: &MemoryStore, mailer: &Arc<RecordingMailer>) -> Dependencies {
    let ports = Ports {
        store: Arc::new(store.clone()),
        hasher: Arc::new(PlainHasher::default()),
        signer: Arc::new(PlainSigner),
        mailer: Arc::clone(mailer) as _,
        secrets: Arc::new(PlainCipher),
    };
    let keys = PolicyKeys::derive(b"a secret for tests");
    let redirects = RedirectPolicy::new("https://app.example.com", &[]).unwrap();
    let policy = AuthPolicy::new(keys, "https://auth.example.com/", redirects);
    Dependencies::new(ports, policy)
}

async fn signed_up(services: &Services) -> SignedUp {
    let request = sign_up(ADA);
    services
        .sign_up()
        .with_email_password(request)
        .await
        .unwrap()
}

async fn signed_in(services: &Services, password: &str) -> Result<Session, SignInError> {
    let attempt = credentials(ADA, password);
    match services.sign_in().with_email_password(attempt).await? {
        SignedIn::Session(session) => Ok(*session),
        SignedIn::SecondFactor(_) => panic!("no second factor was set up"),
    }
}

#[tokio::test]
async fn an_address_is_verified_by_a_link_to_the_server_before_its_user_signs_in() {
    let mailer = Arc::new(RecordingMailer::default());
    let services = minimal(&MemoryStore::new(), &mailer).open().await.unwrap();

    assert_eq!(signed_up(&services).await, SignedUp::VerificationPending);
    let too_early = signed_in(&services, PASSWORD).await;
    let mail = mailer.sent().remove(0);
    let ticket = Ticket::parse(mail.ticket.expose()).unwrap();
    services.email_links().follow(ticket).await.unwrap();

    let unverified = SignInRefusal::Account(AccountRefusal::Unverified);
    assert_eq!(too_early.unwrap_err().to_string(), unverified.to_string());
    let link = mail.link.unwrap();
    assert!(
        link.expose()
            .starts_with("https://auth.example.com/verify?")
    );
    assert!(signed_in(&services, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn other_ways_in_are_off() {
    let mailer = Arc::new(RecordingMailer::default());
    let services = minimal(&MemoryStore::new(), &mailer).open().await.unwrap();

    let by_name = UsernameSignUp {
        username: username("ada"),
        password: password(PASSWORD),
    };
    let anonymous = services
        .anonymous()
        .sign_in(AnonymousSignIn::default())
        .await;
    let named = services.sign_up().with_username(by_name).await;

    assert!(matches!(
        anonymous,
        Err(Error::Refused(AnonymousRefusal::MethodDisabled))
    ));
    assert!(matches!(
        named,
        Err(Error::Refused(SignUpRefusal::ProviderDisabled))
    ));
}

#[tokio::test]
async fn passwords_cannot_be_guessed_for_long() {
    let mailer = Arc::new(RecordingMailer::default());
    let mut dependencies = minimal(&MemoryStore::new(), &mailer);
    dependencies.policy.accounts.email_verification_required = false;
    let services = dependencies.open().await.unwrap();
    signed_up(&services).await;

    for _ in 0..20 {
        let wrong = signed_in(&services, "wrong horse").await;
        assert!(matches!(
            wrong,
            Err(Error::Refused(SignInRefusal::InvalidCredentials))
        ));
    }

    let right = signed_in(&services, PASSWORD).await;
    assert!(matches!(right, Err(Error::Failed(Failure::TooMany(_)))));
}

#[tokio::test]
async fn opening_gives_the_store_the_roles_of_the_policy() {
    let mailer = Arc::new(RecordingMailer::default());
    let editors = |store: &MemoryStore| {
        let mut dependencies = minimal(store, &mailer);
        dependencies.policy.accounts.email_verification_required = false;
        dependencies.policy.accounts.default_role = role("editor");
        dependencies.policy.accounts.allowed_roles = vec![role("editor")];
        dependencies
    };

    let services = editors(&MemoryStore::new()).open().await.unwrap();
    let unprepared = editors(&MemoryStore::new()).open_prepared();

    assert!(matches!(signed_up(&services).await, SignedUp::Session(_)));
    let unprepared = unprepared.sign_up();
    let failed = unprepared.with_email_password(sign_up(ADA)).await;
    assert!(failed.is_err());
}

#[tokio::test]
async fn tending_sends_what_did_not_leave_and_removes_what_expired() {
    let clock = Arc::new(FixedClock::default());
    let store = MemoryStore::with_clock(Arc::clone(&clock) as _);
    let mailer = Arc::new(RecordingMailer::default());
    let mut dependencies = minimal(&store, &mailer);
    dependencies.clock = Arc::clone(&clock) as _;
    let services = dependencies.open().await.unwrap();
    mailer.set_failing(true);
    signed_up(&services).await;
    mailer.set_failing(false);

    services.tend().await.unwrap();
    assert_eq!(mailer.sent(), [], "a pause is kept");
    clock.advance(Duration::from_secs(5));
    services.tend().await.unwrap();
    services.tend().await.unwrap();

    let sent = mailer.sent();
    assert_eq!(sent.len(), 1);
    let ada = store.find_user(UserLookup::Email(&sent[0].to)).await;
    let ada = ada.unwrap().unwrap().id;
    assert_eq!(store.tickets_of(ada).len(), 1);
    clock.advance(Duration::from_hours(31 * 24));
    services.tend().await.unwrap();
    assert_eq!(store.tickets_of(ada), []);
}
