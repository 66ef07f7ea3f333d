//! Signing up.

mod kept_options;
mod options;
mod refusal;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(in crate::services) use options::ResolvedOptions;
pub use options::SignUpOptions;
pub use refusal::{SignUpError, SignUpRefusal};

use crate::services::{
    context::RequestContext,
    steps::{
        email::{CodeMail, TicketMail},
        grant::NewGrant,
        password_rule::PasswordRule,
        retry::retry,
        session_opening::{NewJwtSession, NewOpaqueSession},
        sms::CodeText,
    },
};
use crate::{
    error::{StoreError, UniqueField},
    identity::NewLinkedIdentity,
    limits::MailRequest,
    ports::UnitOfWork,
    redirect::RedirectUrl,
    security_key::{HashedChallenge, SecurityKey},
    session::{AuthMethod, CodeChallenge, OpaqueSession, Session},
    ticket::TicketPurpose,
    user::{
        EmailAddress, HashedPassword, NewUser, PhoneNumber, PlainPassword, Role, User, UserId,
        Username,
    },
};

/// Creates accounts.
#[derive(Clone)]
pub struct SignUpService {
    ctx: RequestContext,
}

/// A request for an account with an e-mail address and a password.
#[derive(Debug, Clone)]
pub struct EmailPasswordSignUp {
    /// The address.
    pub email: EmailAddress,
    /// The password.
    pub password: PlainPassword,
    /// What else the client asks for.
    pub options: SignUpOptions,
    /// The challenge of the client that receives the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
}

/// A request for an account with a user name and a password (legacy provider `username`).
#[derive(Debug, Clone)]
pub struct UsernameSignUp {
    /// The name.
    pub username: Username,
    /// The password.
    pub password: PlainPassword,
}

/// How a sign-up ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SignedUp {
    /// The user is signed in.
    Session(Box<Session>),
    /// A mail was sent; the user has to follow its link first.
    VerificationPending,
}

impl SignUpService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Creates an account with an e-mail address and a password, and signs its owner in unless
    /// the address has to be verified first.
    ///
    /// # Errors
    ///
    /// Checked in the order of the variants of [`SignUpError`]. [`SignUpRefusal::EmailTaken`] also
    /// when a concurrent sign-up won the race. When the mail is refused for good the account exists,
    /// unverified.
    pub async fn with_email_password(
        &self,
        request: EmailPasswordSignUp,
    ) -> Result<SignedUp, SignUpError> {
        let policy = &self.ctx.policy;
        if !policy.accounts.sign_up_enabled {
            return Err(SignUpRefusal::Disabled.into());
        }
        if !policy.accounts.email_access.accepts(&request.email) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        self.ctx
            .check_password::<SignUpRefusal>(&request.password, PasswordRule::Modern)
            .await?;
        let options = request.options.resolve(policy, request.email.as_str())?;
        if policy.accounts.email_verification_required {
            self.ctx
                .count_mail(MailRequest::SignUp, &request.email)
                .await?;
        }
        // Hashing takes ~100 ms on purpose: do it before a connection is held.
        let client = self.ctx.client();
        let hash = self.ctx.hasher.hash(&request.password, client).await?;
        let redirect_to = options.redirect_to.clone();
        let user = self.user_with_email(request.email, Some(hash), options);
        self.enter(user, None, redirect_to, request.code_challenge)
            .await
    }

    /// Stores a user with an address, and their key if they have one. They are signed in, or get a
    /// mail to go on.
    pub(in crate::services) async fn enter(
        &self,
        user: NewUser,
        key: Option<NewKey>,
        redirect_to: RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Result<SignedUp, SignUpError> {
        let with_key = key.as_ref().map_or(Along::Nothing, Along::SecurityKey);
        if user.disabled {
            self.insert(&user, &[with_key]).await?;
            return Err(SignUpRefusal::CreatedDisabled.into());
        }
        if self.ctx.policy.accounts.email_verification_required {
            return self
                .await_verification(user, key, redirect_to, challenge)
                .await;
        }
        let method = match key {
            Some(_) => AuthMethod::SecurityKey,
            None => AuthMethod::Password,
        };
        let opening = NewJwtSession::new(&self.ctx, user.id, method);
        let along = [with_key, Along::Session(&opening)];
        let user = self.insert(&user, &along).await?;
        let session = opening.finish(&self.ctx, user).await?;
        Ok(SignedUp::Session(Box::new(session)))
    }

    /// Creates an account with a user name and a password and signs its owner in.
    ///
    /// # Errors
    ///
    /// Checked in the order of the variants of [`SignUpError`]. [`SignUpRefusal::UsernameTaken`]
    /// also when a concurrent sign-up won the race.
    pub async fn with_username(
        &self,
        request: UsernameSignUp,
    ) -> Result<OpaqueSession, SignUpError> {
        let policy = &self.ctx.policy;
        if !policy.accounts.username_enabled {
            return Err(SignUpRefusal::ProviderDisabled.into());
        }
        if !policy.accounts.sign_up_enabled {
            return Err(SignUpRefusal::Disabled.into());
        }
        self.ctx
            .check_password::<SignUpRefusal>(&request.password, PasswordRule::Legacy)
            .await?;
        let client = self.ctx.client();
        let hash = self.ctx.hasher.hash(&request.password, client).await?;
        let user = NewUser {
            display_name: request.username.as_str().to_owned(),
            username: Some(request.username),
            roles: self.username_roles(),
            ..self.blank_user(Some(hash))
        };
        if user.disabled {
            self.insert(&user, &[]).await?;
            return Err(SignUpRefusal::CreatedDisabled.into());
        }
        let opening = NewOpaqueSession::new(&self.ctx, user.id);
        let user = self
            .insert(&user, &[Along::OpaqueSession(&opening)])
            .await?;
        Ok(opening.finish(user))
    }

    async fn await_verification(
        &self,
        user: NewUser,
        key: Option<NewKey>,
        redirect_to: RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Result<SignedUp, SignUpError> {
        let purpose = TicketPurpose::VerifyEmail;
        let mail = TicketMail::new(&self.ctx, purpose, &user, None, redirect_to, challenge)?;
        let service = self.clone();
        self.ctx
            .in_background(async move {
                let with_key = key.as_ref().map_or(Along::Nothing, Along::SecurityKey);
                let along = [with_key, Along::Ticket(&mail)];
                service.insert(&user, &along).await?;
                mail.send(&service.ctx).await?;
                Ok::<_, SignUpError>(())
            })
            .await?;
        Ok(SignedUp::VerificationPending)
    }

    /// A new user with an address and the requested options.
    pub(in crate::services) fn user_with_email(
        &self,
        email: EmailAddress,
        password_hash: Option<HashedPassword>,
        options: ResolvedOptions,
    ) -> NewUser {
        NewUser {
            avatar_url: self.ctx.policy.accounts.avatar_url(&email),
            email: Some(email),
            password_hash,
            ..self.user_with(options)
        }
    }

    /// A new user with a phone number and the requested options.
    pub(in crate::services) fn user_with_phone(
        &self,
        phone_number: PhoneNumber,
        options: ResolvedOptions,
    ) -> NewUser {
        NewUser {
            phone_number: Some(phone_number),
            ..self.user_with(options)
        }
    }

    /// A new user with nothing but the requested options.
    pub(in crate::services) fn user_with(&self, options: ResolvedOptions) -> NewUser {
        NewUser {
            display_name: options.display_name,
            locale: options.locale,
            default_role: options.default_role,
            roles: options.allowed_roles,
            // JSON null, as Hasura Auth stores it; SQL NULL is for users made elsewhere.
            metadata: Some(options.metadata.map_or(Value::Null, Value::Object)),
            ..self.blank_user(None)
        }
    }

    /// Stores `user`, and what belongs to them in the same unit of work.
    pub(in crate::services) async fn insert(
        &self,
        user: &NewUser,
        along: &[Along<'_>],
    ) -> Result<User, StoreError> {
        let hasura_id = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let hasura_id = work.users().insert(user).await?;
            for row in along {
                row.write(work.as_mut()).await?;
            }
            work.commit().await?;
            Ok(hasura_id)
        })
        .await?;
        Ok(user.clone().stored(hasura_id))
    }

    fn username_roles(&self) -> Vec<Role> {
        let mut roles = vec![Role::user()];
        for role in &self.ctx.policy.accounts.username_roles {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        roles
    }

    /// What all new users have in common.
    pub(in crate::services) fn blank_user(&self, password_hash: Option<HashedPassword>) -> NewUser {
        let accounts = &self.ctx.policy.accounts;
        NewUser {
            id: UserId(self.ctx.ids.uuid()),
            created_at: self.ctx.clock.now(),
            disabled: accounts.new_users_disabled,
            display_name: String::new(),
            avatar_url: String::new(),
            locale: accounts.default_locale.clone(),
            email: None,
            email_verified: false,
            phone_number: None,
            username: None,
            password_hash,
            default_role: Role::user(),
            roles: Vec::new(),
            is_anonymous: false,
            metadata: None,
        }
    }
}

/// The security key of a new user, and the challenge it was made for.
pub(in crate::services) struct NewKey {
    pub(in crate::services) key: SecurityKey,
    pub(in crate::services) challenge: HashedChallenge,
    pub(in crate::services) now: DateTime<Utc>,
}

impl NewKey {
    /// Takes the challenge out in the unit of work that stores the key. One that is spent already
    /// counts as a taken key: another request presented it as well (replay).
    async fn write(&self, work: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        let keys = work.security_keys();
        if keys.take(&self.challenge, self.now).await?.is_none() {
            let field = UniqueField::Credential;
            return Err(StoreError::Duplicate { field });
        }
        keys.insert(&self.key).await
    }
}

/// What is stored together with a new user.
#[derive(Clone, Copy)]
pub(in crate::services) enum Along<'a> {
    Nothing,
    Session(&'a NewJwtSession),
    OpaqueSession(&'a NewOpaqueSession),
    Ticket(&'a TicketMail),
    Code(&'a CodeMail),
    Text(&'a CodeText),
    SecurityKey(&'a NewKey),
    Identity(&'a NewLinkedIdentity),
    Grant(&'a NewGrant),
}

/// A session, or what leads to one, that is opened by a sign-in.
pub(in crate::services) trait NewSession: Send + Sync {
    /// What to store of it.
    fn along(&self) -> Along<'_>;
}

impl NewSession for NewJwtSession {
    fn along(&self) -> Along<'_> {
        Along::Session(self)
    }
}

impl NewSession for NewGrant {
    fn along(&self) -> Along<'_> {
        Along::Grant(self)
    }
}

impl Along<'_> {
    pub(in crate::services) async fn write(
        self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Session(opening) => opening.write(work).await,
            Self::OpaqueSession(opening) => opening.write(work).await,
            Self::Ticket(mail) => mail.write(work).await,
            Self::Code(mail) => mail.write(work).await,
            Self::Text(text) => text.write(work).await,
            Self::SecurityKey(key) => key.write(work).await,
            Self::Identity(identity) => work.identities().link(identity).await,
            Self::Grant(opening) => opening.write(work).await,
        }
    }
}
