//! Every way to sign in to an account that is there already, up to its last step.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that a case relies on fails it"
)]

use std::sync::Arc;

use auth_domain::{
    DateTime, Utc,
    identity::{ExternalIdentity, ProviderId, Subject},
    one_time_code::OneTimeCode,
    ports::{Clock, CodeDelivery, Store},
    secret::Secret,
    security_key::Assertion,
    services::{
        Audience, CodeChannel, Dependencies, EmailCode, EmailPasswordSignIn, EmailSignIn, Error,
        Grant, IdTokenProof, IdTokenSignIn, LinkCode, PersonalAccessTokenRequest, Providers,
        SecondFactorProof, SecondFactorSignIn, Services, SignUpOptions, SignedIn, SmsCode,
        SmsSignIn, UsernameSignIn,
    },
    session::{AccessIdentity, CodeVerifier, ExchangeCode, PlainRefreshToken},
    testing::{
        self, FixedClock, KnownPeople, PlainHasher, PlainTotp, PlainWebAuthn, RecordingMailer,
        RecordingSmsSender, SequentialIds,
    },
    ticket::{Ticket, TicketPurpose},
    totp::{STEP_SECONDS, TimeStep},
    user::{
        EmailAddress, HashedPassword, NewUser, PhoneNumber, PlainPassword, User, UserId, Username,
    },
};

use crate::{
    samples::{new_user, security_key},
    steps::given_user,
};

const PASSWORD: &str = "correct horse";

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    Password,
    Username,
    PersonalAccessToken,
    ExchangeCode,
    SecondFactor,
    IdToken,
    EmailCode,
    TextedCode,
    Link,
    CodeBesideLink,
    Elevation,
    SecurityKey,
}

impl SignIn {
    pub(crate) const ALL: [Self; 12] = [
        Self::Password,
        Self::Username,
        Self::PersonalAccessToken,
        Self::ExchangeCode,
        Self::SecondFactor,
        Self::IdToken,
        Self::EmailCode,
        Self::TextedCode,
        Self::Link,
        Self::CodeBesideLink,
        Self::Elevation,
        Self::SecurityKey,
    ];
}

/// The credential of a user, ready to be presented.
#[derive(Clone)]
pub(crate) enum Credential {
    Password(User),
    Username(User),
    PersonalAccessToken(PlainRefreshToken),
    ExchangeCode(ExchangeCode, CodeVerifier),
    SecondFactor(Ticket, SecondFactorProof),
    IdToken(String),
    EmailCode(User, OneTimeCode),
    TextedCode(PhoneNumber, OneTimeCode),
    Link(Ticket),
    CodeBesideLink(User, OneTimeCode),
    Elevation(UserId, OneTimeCode),
    SecurityKey(Assertion),
}

/// A server over a store.
pub(crate) struct Server {
    pub(crate) services: Services,
    ports: Ports,
}

/// What several servers over one store share.
#[derive(Clone)]
pub(crate) struct Ports {
    clock: Arc<FixedClock>,
    ids: Arc<SequentialIds>,
    mailer: Arc<RecordingMailer>,
    sms: Arc<RecordingSmsSender>,
    people: Arc<KnownPeople>,
}

impl Ports {
    pub(crate) fn new() -> Self {
        Self {
            clock: Arc::default(),
            ids: Arc::default(),
            mailer: Arc::default(),
            sms: Arc::default(),
            people: Arc::new(KnownPeople::at("github")),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Server {
    /// A server on which every way to sign in is switched on.
    pub(crate) async fn over(store: Arc<dyn Store>, ports: Ports) -> Self {
        let services = dependencies(store, &ports).open().await.unwrap();
        Self { services, ports }
    }

    /// Another server over the same store, which may be reached through a wrapper.
    pub(crate) fn unprepared(store: Arc<dyn Store>, ports: Ports) -> Self {
        let services = dependencies(store, &ports).open_prepared();
        Self { services, ports }
    }

    /// Stores a user with every kind of credential, and without a session.
    pub(crate) async fn given_user(&self, store: &dyn Store, number: u32) -> User {
        let name = format!("user{number}");
        let user = NewUser {
            username: Some(Username::parse(&name).unwrap()),
            phone_number: Some(PhoneNumber::parse(&format!("+4179{number:07}")).unwrap()),
            password_hash: Some(HashedPassword::new(format!("plain:{PASSWORD}"))),
            ..new_user(&name)
        };
        let user = given_user(store, user).await;
        let mut work = store.begin().await.unwrap();
        work.users()
            .set_phone_number_verified(user.id)
            .await
            .unwrap();
        work.commit().await.unwrap();
        user
    }

    /// Does everything but the last step.
    pub(crate) async fn prepare(
        &self,
        store: &dyn Store,
        sign_in: SignIn,
        user: &User,
    ) -> Credential {
        match sign_in {
            SignIn::Password => Credential::Password(user.clone()),
            SignIn::Username => Credential::Username(user.clone()),
            SignIn::PersonalAccessToken => {
                Credential::PersonalAccessToken(self.personal_access_token(user).await)
            }
            SignIn::ExchangeCode => self.exchange_code(user).await,
            SignIn::SecondFactor => self.second_factor(user).await,
            SignIn::IdToken => self.id_token(user).await,
            SignIn::EmailCode => {
                let service = self.services.email_sign_in();
                service.send_code(mail_to(user, None)).await.unwrap();
                let code = self.ports.mailer.sent().pop().unwrap().ticket;
                Credential::EmailCode(user.clone(), code_of(&code))
            }
            SignIn::TextedCode => self.texted_code(user).await,
            SignIn::Link => Credential::Link(self.link(user, None).await.0),
            SignIn::CodeBesideLink => {
                let (_, code) = self.link(user, None).await;
                Credential::CodeBesideLink(user.clone(), code)
            }
            SignIn::Elevation => {
                let service = self.services.elevation();
                service.send_code(user.id, CodeChannel::Mail).await.unwrap();
                let code = self.ports.mailer.sent().pop().unwrap().ticket;
                Credential::Elevation(user.id, code_of(&code))
            }
            SignIn::SecurityKey => self.assertion(store, user).await,
        }
    }

    async fn personal_access_token(&self, user: &User) -> PlainRefreshToken {
        let request = PersonalAccessTokenRequest {
            expires_at: self.ports.now() + std::time::Duration::from_hours(1),
            metadata: None,
        };
        let service = self.services.personal_access_tokens();
        service.create(user.id, request).await.unwrap().token
    }

    async fn link(&self, user: &User, verifier: Option<&CodeVerifier>) -> (Ticket, OneTimeCode) {
        let service = self.services.email_sign_in();
        service.send_link(mail_to(user, verifier)).await.unwrap();
        let mail = self.ports.mailer.sent().pop().unwrap();
        let ticket = Ticket::parse(mail.ticket.expose()).unwrap();
        (ticket, code_of(&mail.code.unwrap()))
    }

    async fn exchange_code(&self, user: &User) -> Credential {
        let verifier = CodeVerifier::new([5; 24]);
        let (ticket, _) = self.link(user, Some(&verifier)).await;
        match self
            .services
            .email_links()
            .follow(ticket)
            .await
            .unwrap()
            .grant
        {
            Grant::Code(code) => Credential::ExchangeCode(code, verifier),
            other => panic!("a code, not {other:?}"),
        }
    }

    async fn second_factor(&self, user: &User) -> Credential {
        let service = self.services.second_factor();
        let secret = service.generate(user.id).await.unwrap().secret;
        let now = u64::try_from(self.ports.now().timestamp()).unwrap();
        let digits = PlainTotp::digits(&secret, TimeStep(now / STEP_SECONDS));
        let proof = SecondFactorProof::read(&digits);
        service.activate(user.id, proof.clone()).await.unwrap();
        let service = self.services.sign_in();
        let answer = service.with_email_password(password(user));
        match answer.await.unwrap() {
            SignedIn::SecondFactor(ticket) => Credential::SecondFactor(ticket, proof),
            SignedIn::Session(_) => panic!("no second factor was asked for"),
        }
    }

    /// The address at the provider is another one: it matches no account.
    async fn id_token(&self, user: &User) -> Credential {
        let subject = user.id.to_string();
        let address = format!("{subject}@example.org");
        let identity = ExternalIdentity {
            email: Some(EmailAddress::parse(&address).unwrap()),
            email_verified: Some(true),
            ..ExternalIdentity::of(Subject::parse(&subject).unwrap())
        };
        self.ports.people.know(&subject, identity);
        let service = self.services.provider_sign_in();
        let linked = service.link_id_token(user.id, id_token(&subject)).await;
        linked.unwrap();
        Credential::IdToken(subject)
    }

    async fn assertion(&self, store: &dyn Store, user: &User) -> Credential {
        let name = user.username.as_ref().unwrap();
        let key = security_key(name.as_str(), user.id);
        let mut work = store.begin().await.unwrap();
        work.security_keys().insert(&key).await.unwrap();
        work.commit().await.unwrap();
        let service = self.services.security_keys();
        let options = service.begin_sign_in(user.email.clone()).await.unwrap();
        let assertion = PlainWebAuthn::assertion(&key, &options.challenge);
        Credential::SecurityKey(assertion)
    }

    async fn texted_code(&self, user: &User) -> Credential {
        let number = user.phone_number.clone().unwrap();
        let request = SmsSignIn {
            phone_number: number.clone(),
            options: SignUpOptions::default(),
            audience: Audience::AllUsers,
        };
        self.services
            .sms_sign_in()
            .send_code(request)
            .await
            .unwrap();
        let code = self.ports.sms.sent().pop().unwrap().code;
        Credential::TextedCode(number, code_of(&code))
    }

    /// The last step.
    pub(crate) async fn present(&self, credential: Credential) -> Outcome {
        let services = &self.services;
        match credential {
            Credential::Password(user) => {
                let answer = services
                    .sign_in()
                    .with_email_password(password(&user))
                    .await;
                outcome(&answer)
            }
            Credential::Username(user) => {
                let attempt = UsernameSignIn {
                    username: user.username.unwrap(),
                    password: PlainPassword::new(PASSWORD),
                };
                let answer = services.sign_in().with_username(attempt).await;
                outcome(&answer)
            }
            Credential::PersonalAccessToken(token) => {
                let answer = services.personal_access_tokens().sign_in(token).await;
                outcome(&answer)
            }
            Credential::ExchangeCode(code, verifier) => {
                let answer = services.email_links().exchange(code, verifier).await;
                outcome(&answer)
            }
            Credential::SecondFactor(ticket, proof) => {
                let ticket = Some(ticket);
                let attempt = SecondFactorSignIn { ticket, proof };
                let answer = services.second_factor().sign_in(attempt).await;
                outcome(&answer)
            }
            Credential::IdToken(subject) => {
                let request = IdTokenSignIn {
                    proof: id_token(&subject),
                    options: SignUpOptions::default(),
                    audience: Audience::AllUsers,
                };
                let answer = services.provider_sign_in().with_id_token(request).await;
                outcome(&answer)
            }
            Credential::EmailCode(user, code) => {
                let email = user.email.unwrap();
                let answer = services
                    .email_sign_in()
                    .with_code(EmailCode { email, code })
                    .await;
                outcome(&answer)
            }
            Credential::TextedCode(phone_number, code) => {
                let attempt = SmsCode { phone_number, code };
                let answer = services.sms_sign_in().with_code(attempt).await;
                outcome(&answer)
            }
            Credential::Link(ticket) => {
                let answer = services.email_links().follow(ticket).await;
                outcome(&answer)
            }
            Credential::CodeBesideLink(user, code) => {
                let attempt = LinkCode {
                    email: user.email.unwrap(),
                    purpose: TicketPurpose::SignInLink,
                    code,
                };
                let answer = services.email_links().redeem_code(attempt).await;
                outcome(&answer)
            }
            Credential::Elevation(user, code) => {
                let caller = AccessIdentity::from(user);
                let by = CodeChannel::Mail;
                let answer = services.elevation().with_code(caller, by, &code).await;
                outcome(&answer)
            }
            Credential::SecurityKey(assertion) => {
                let answer = services.security_keys().sign_in(Some(assertion)).await;
                outcome(&answer)
            }
        }
    }
}

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    SignedIn,
    Refused,
    /// An adapter failed.
    Failed,
}

fn outcome<T, R>(answer: &Result<T, Error<R>>) -> Outcome {
    match answer {
        Ok(_) => Outcome::SignedIn,
        Err(Error::Failed(_)) => Outcome::Failed,
        Err(Error::Refused(_)) => Outcome::Refused,
    }
}

fn password(user: &User) -> EmailPasswordSignIn {
    EmailPasswordSignIn {
        email: user.email.clone().unwrap(),
        password: PlainPassword::new(PASSWORD),
    }
}

fn mail_to(user: &User, verifier: Option<&CodeVerifier>) -> EmailSignIn {
    EmailSignIn {
        email: user.email.clone().unwrap(),
        options: SignUpOptions::default(),
        code_challenge: verifier.map(CodeVerifier::challenge),
        audience: Audience::AllUsers,
    }
}

fn id_token(subject: &str) -> IdTokenProof {
    IdTokenProof {
        provider: ProviderId::of("github"),
        token: Secret::new(subject),
        nonce: None,
    }
}

fn code_of(code: &Secret) -> OneTimeCode {
    OneTimeCode::parse(code.expose()).unwrap()
}

fn dependencies(store: Arc<dyn Store>, ports: &Ports) -> Dependencies {
    let mut dependencies = testing::dependencies(store, Arc::new(PlainHasher::default()));
    dependencies.mailer = Arc::clone(&ports.mailer) as _;
    dependencies.sms = Some(CodeDelivery::Message(Arc::clone(&ports.sms) as _));
    dependencies.clock = Arc::clone(&ports.clock) as _;
    dependencies.ids = Arc::clone(&ports.ids) as _;
    dependencies.web_authn = Some(Arc::new(PlainWebAuthn::new().unwrap()));
    dependencies.providers = Providers::default().with_id_tokens(Arc::clone(&ports.people) as _);
    dependencies.policy.codes.beside_links = true;
    dependencies
}
