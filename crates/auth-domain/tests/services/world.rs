//! Everything a use case needs, in one place.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use auth_domain::{
    limits::{AccountLimits, ClientNetwork, Limiter, NamingKey, RateLimit},
    policy::AuthPolicy,
    ports::{
        Background, BackgroundBusy, BackgroundWork, BreachedPasswords, BreachedPasswordsError,
        CodeDelivery, Delay, HasherError, PasswordHasher, Pause, Store, UserLookup,
    },
    services::{
        Dependencies, EmailPasswordSignIn, EmailPasswordSignUp, EnumerationProtection, Services,
        SignUpOptions, SignedIn, SignedUp, UsernameSignUp,
    },
    session::{AccessIdentity, AuthMethod, OpaqueSession, Session},
    testing::{
        self, FixedClock, PlainHasher, RecordingMailer, RecordingSmsSender, SequentialIds, policy,
    },
    user::{EmailAddress, HashedPassword, PlainPassword, Role, User, UserId, Username},
};
use store_testkit::MemoryStore;
use tokio::sync::Notify;

pub(crate) const PASSWORD: &str = "correct horse";

/// A password that every world knows from a data breach.
pub(crate) const BREACHED: &str = "password1";

/// A password for which the look-up fails.
pub(crate) const UNCHECKABLE: &str = "service away";

pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hasher: Arc<PlainHasher>,
    pub(crate) mailer: Arc<RecordingMailer>,
    pub(crate) sms: Arc<RecordingSmsSender>,
    ids: Arc<SequentialIds>,
}

/// Background work that a test runs when it wants to.
#[derive(Default)]
pub(crate) struct Errands(Mutex<Vec<BackgroundWork>>);

impl Background for Errands {
    fn begin(&self, work: BackgroundWork) -> Result<(), BackgroundBusy> {
        self.0.lock().unwrap().push(work);
        Ok(())
    }
}

impl Errands {
    /// Runs all of it, and returns how much it was.
    pub(crate) async fn run(&self) -> usize {
        let errands = std::mem::take(&mut *self.0.lock().unwrap());
        let count = errands.len();
        for errand in errands {
            errand.await;
        }
        count
    }
}

/// Delays that end when a test says so, once they are waited for.
#[derive(Default)]
pub(crate) struct Pauses {
    pub(crate) waiting: Arc<Notify>,
    pub(crate) over: Arc<Notify>,
}

impl Delay for Pauses {
    fn pause(&self, _time: Duration) -> Pause {
        let (waiting, over) = (Arc::clone(&self.waiting), Arc::clone(&self.over));
        Box::pin(async move {
            waiting.notify_one();
            over.notified().await;
        })
    }
}

/// Knows one password, and is away for another.
struct OneBreach;

#[async_trait]
impl BreachedPasswords for OneBreach {
    async fn contains(&self, password: &PlainPassword) -> Result<bool, BreachedPasswordsError> {
        match password.expose() {
            UNCHECKABLE => Err(BreachedPasswordsError("away".into())),
            other => Ok(other == BREACHED),
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose policy differs from the default one.
    pub(crate) async fn with(change: impl FnOnce(&mut AuthPolicy)) -> Self {
        let mut policy = policy();
        change(&mut policy);
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(MemoryStore::with_clock(Arc::clone(&clock) as _));
        Self::over_at(clock, store, Arc::default(), policy, |_| {}).await
    }

    /// Another server over the same store.
    pub(crate) async fn beside(&self, change: impl FnOnce(&mut AuthPolicy)) -> Self {
        let mut policy = policy();
        change(&mut policy);
        let (clock, store) = (Arc::clone(&self.clock), Arc::clone(&self.store));
        Self::over_at(clock, store, Arc::clone(&self.ids), policy, |_| {}).await
    }

    /// Another server over the same store that has no authenticator apps.
    pub(crate) async fn without_authenticator_apps(&self) -> Self {
        let (clock, store) = (Arc::clone(&self.clock), Arc::clone(&self.store));
        let without = |it: &mut Dependencies| it.authenticator_apps = None;
        Self::over_at(clock, store, Arc::clone(&self.ids), policy(), without).await
    }

    /// The services of a server over the same store where passwords are changed while one of them
    /// is being checked.
    pub(crate) fn overtaken(&self, user: UserId) -> Services {
        self.overtaken_by(Overtaking::NewPassword, user)
    }

    /// The same where something else is changed.
    pub(crate) fn overtaken_by(&self, overtaking: Overtaking, user: UserId) -> Services {
        self.hashing_with(Arc::new(OvertakenHasher {
            store: Arc::clone(&self.store),
            user,
            overtaking,
        }))
    }

    /// The services of a server over the same store with another hasher.
    pub(crate) fn hashing_with(&self, hasher: Arc<dyn PasswordHasher>) -> Services {
        let mut dependencies = testing::dependencies(Arc::clone(&self.store), hasher);
        dependencies.mailer = Arc::clone(&self.mailer) as _;
        dependencies.clock = Arc::clone(&self.clock) as _;
        dependencies.open_prepared()
    }

    /// A world with enumeration protection.
    pub(crate) async fn enumeration_protected(
        background: Arc<dyn Background>,
        change: impl FnOnce(&mut AuthPolicy),
    ) -> Self {
        Self::enumeration_protected_with(background, Arc::new(Pauses::default()), change).await
    }

    /// The same with this delay of wrong guesses.
    pub(crate) async fn enumeration_protected_with(
        background: Arc<dyn Background>,
        delay: Arc<dyn Delay>,
        change: impl FnOnce(&mut AuthPolicy),
    ) -> Self {
        let mut policy = policy();
        change(&mut policy);
        let store = Arc::new(MemoryStore::default());
        let ids = Arc::new(SequentialIds::default());
        let protected = |it: &mut Dependencies| {
            it.enumeration_protection = Some(EnumerationProtection { background, delay });
        };
        Self::over_with(store, ids, policy, protected).await
    }

    /// A world with rate limits of three wrong attempts per account, and three messages per
    /// mailbox, an hour.
    pub(crate) async fn limited(change: impl FnOnce(&mut AuthPolicy)) -> Self {
        let mut policy = policy();
        change(&mut policy);
        let store = Arc::new(MemoryStore::default());
        let limited = |it: &mut Dependencies| {
            let limit = RateLimit::new(3, Duration::from_hours(1));
            let naming = NamingKey::derive(b"a key of a test");
            let limiter = Limiter::new(Arc::clone(&it.clock));
            it.limits = Some(AccountLimits::new(limiter, naming, limit, limit));
        };
        Self::over_with(store, Arc::default(), policy, limited).await
    }

    /// A world over `store` whose dependencies differ from the usual ones.
    pub(crate) async fn over_with(
        store: Arc<dyn Store>,
        ids: Arc<SequentialIds>,
        policy: AuthPolicy,
        change: impl FnOnce(&mut Dependencies),
    ) -> Self {
        Self::over_at(Arc::default(), store, ids, policy, change).await
    }

    async fn over_at(
        clock: Arc<FixedClock>,
        store: Arc<dyn Store>,
        ids: Arc<SequentialIds>,
        policy: AuthPolicy,
        change: impl FnOnce(&mut Dependencies),
    ) -> Self {
        let hasher = Arc::new(PlainHasher::default());
        let mailer = Arc::new(RecordingMailer::default());
        let sms = Arc::new(RecordingSmsSender::default());
        let mut dependencies = testing::dependencies(Arc::clone(&store), Arc::clone(&hasher) as _);
        dependencies.breached_passwords = Some(Arc::new(OneBreach));
        dependencies.sms = Some(CodeDelivery::Message(Arc::clone(&sms) as _));
        dependencies.mailer = Arc::clone(&mailer) as _;
        dependencies.clock = Arc::clone(&clock) as _;
        dependencies.ids = Arc::clone(&ids) as _;
        dependencies.policy = policy;
        change(&mut dependencies);
        Self {
            services: dependencies.open().await.unwrap(),
            store,
            clock,
            hasher,
            mailer,
            sms,
            ids,
        }
    }

    pub(crate) async fn signed_up(&self, email: &str) -> Session {
        match self
            .services
            .sign_up()
            .with_email_password(sign_up(email))
            .await
            .unwrap()
        {
            SignedUp::Session(session) => *session,
            SignedUp::VerificationPending => panic!("verification is off in this world"),
        }
    }

    pub(crate) async fn signed_in(&self, email: &str) -> Session {
        match self
            .services
            .sign_in()
            .with_email_password(credentials(email, PASSWORD))
            .await
            .unwrap()
        {
            SignedIn::Session(session) => *session,
            SignedIn::SecondFactor(_) => panic!("no user has a second factor in this world"),
        }
    }

    pub(crate) async fn signed_up_by_name(&self, name: &str) -> OpaqueSession {
        let request = UsernameSignUp {
            username: username(name),
            password: password(PASSWORD),
        };
        self.services
            .sign_up()
            .with_username(request)
            .await
            .unwrap()
    }

    pub(crate) async fn stored(&self, address: &str) -> Option<User> {
        self.store
            .find_user(UserLookup::Email(&email(address)))
            .await
            .unwrap()
    }
}

/// The bearer of a session's access token.
pub(crate) fn bearer_of(session: &Session) -> AccessIdentity {
    AccessIdentity {
        user_id: session.user.id,
        session: Some(session.id),
        methods: AuthMethod::Password.into(),
        is_elevated: false,
    }
}

pub(crate) fn sign_up(address: &str) -> EmailPasswordSignUp {
    EmailPasswordSignUp {
        email: email(address),
        password: password(PASSWORD),
        options: SignUpOptions::default(),
        code_challenge: None,
    }
}

pub(crate) fn credentials(address: &str, secret: &str) -> EmailPasswordSignIn {
    EmailPasswordSignIn {
        email: email(address),
        password: password(secret),
    }
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

pub(crate) fn password(text: &str) -> PlainPassword {
    PlainPassword::new(text)
}

pub(crate) fn role(text: &str) -> Role {
    Role::parse(text).unwrap()
}

/// What changes an account while its password is checked.
pub(crate) enum Overtaking {
    NewPassword,
    SecondFactor,
    Disabling(MemoryStore),
}

/// A hasher so slow that an account is changed while it checks a password.
struct OvertakenHasher {
    store: Arc<dyn Store>,
    user: UserId,
    overtaking: Overtaking,
}

/// A hasher whose queue is full.
pub(crate) struct BusyHasher;

#[async_trait]
impl PasswordHasher for BusyHasher {
    async fn hash(
        &self,
        _: &PlainPassword,
        _: ClientNetwork,
    ) -> Result<HashedPassword, HasherError> {
        Err(HasherError::Busy)
    }

    async fn verify(
        &self,
        _: &PlainPassword,
        _: &HashedPassword,
        _: ClientNetwork,
    ) -> Result<bool, HasherError> {
        Err(HasherError::Busy)
    }

    async fn verify_dummy(&self, _: &PlainPassword, _: ClientNetwork) -> Result<(), HasherError> {
        Err(HasherError::Busy)
    }
}

#[async_trait]
impl PasswordHasher for OvertakenHasher {
    async fn hash(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<HashedPassword, HasherError> {
        PlainHasher::default().hash(password, client).await
    }

    async fn verify(
        &self,
        password: &PlainPassword,
        hash: &HashedPassword,
        client: ClientNetwork,
    ) -> Result<bool, HasherError> {
        let other = PlainPassword::new("chosen meanwhile");
        let other = self.hash(&other, client).await?;
        if let Overtaking::Disabling(store) = &self.overtaking {
            store.disable(self.user).await;
        }
        let mut work = self.store.begin().await.unwrap();
        match self.overtaking {
            Overtaking::NewPassword => {
                work.users().set_password(self.user, &other).await.unwrap();
            }
            Overtaking::SecondFactor => {
                work.second_factors().activate(self.user).await.unwrap();
            }
            Overtaking::Disabling(_) => {}
        }
        work.commit().await.unwrap();
        PlainHasher::default().verify(password, hash, client).await
    }

    async fn verify_dummy(&self, _: &PlainPassword, _: ClientNetwork) -> Result<(), HasherError> {
        Ok(())
    }
}
