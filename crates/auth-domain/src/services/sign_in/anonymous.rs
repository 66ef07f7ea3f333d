//! Anonymous users, and turning them into users with an address or a phone number.

use serde_json::Value;

use crate::{
    error::UniqueField,
    limits::{MailRequest, TextRequest},
    one_time_code::CodePurpose,
    ports::{
        CodeDelivery, Contact, Deanonymization, EndedSessions, SecretCipherError, StagedProfile,
        UserLookup,
    },
    services::{
        account::sign_up::{Along, ResolvedOptions, SignUpOptions, SignUpRefusal, SignUpService},
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        steps::{
            email::{Recipient, TicketMail},
            password_rule::{PasswordRefusal, PasswordRule},
            retry::retry,
            session_opening::{AccountRefusal, NewJwtSession, is_still_signed_in},
            sms::CodeText,
        },
    },
    session::{AccessIdentity, AuthMethods, CodeChallenge, Session},
    ticket::TicketPurpose,
    user::{
        AnonymousName, EmailAddress, Locale, Metadata, NewUser, PhoneNumber, PlainPassword, Role,
        User, UserId,
    },
};

/// Signs in anonymous users, and gives them an identity later (deanonymization).
#[derive(Clone)]
pub struct AnonymousService {
    ctx: RequestContext,
}

/// A request for an anonymous account.
#[derive(Debug, Clone, Default)]
pub struct AnonymousSignIn {
    /// The name to show.
    pub display_name: Option<AnonymousName>,
    /// The language; one that is not offered is replaced by the default.
    pub locale: Option<Locale>,
    /// What the client wants to remember about the user.
    pub metadata: Option<Metadata>,
}

/// A request to turn an anonymous account into one with an address.
#[derive(Debug, Clone)]
pub struct Deanonymize {
    /// The address.
    pub email: EmailAddress,
    /// How the user is going to sign in.
    pub method: DeanonymizeMethod,
    /// What else the client asks for.
    pub options: SignUpOptions,
    /// The challenge of the client that receives the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
}

/// A request to turn an anonymous account into one with a phone number.
#[derive(Debug, Clone)]
pub struct DeanonymizeBySms {
    /// The number.
    pub phone_number: PhoneNumber,
    /// What else the client asks for.
    pub options: SignUpOptions,
}

/// How a formerly anonymous user is going to sign in.
#[derive(Debug, Clone)]
pub enum DeanonymizeMethod {
    /// With this password.
    Password(PlainPassword),
    /// By a link in a mail.
    EmailLink,
}

/// Why no anonymous account was made, or why it stays anonymous.
#[derive(Debug, thiserror::Error)]
pub enum AnonymousRefusal {
    /// Anonymous accounts, or text messages, are switched off.
    #[error("anonymous users or text messages are disabled")]
    MethodDisabled,
    /// The account is not anonymous.
    #[error("the account is not anonymous")]
    NotAnonymous,
    /// The session of the access token has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(AccountRefusal),
    /// The request is refused for a reason of sign-ups.
    #[error(transparent)]
    SignUp(#[from] SignUpRefusal),
}

impl Refusal for AnonymousRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::Email => Some(Self::SignUp(SignUpRefusal::EmailTaken)),
            UniqueField::PhoneNumber => Some(Self::SignUp(SignUpRefusal::PhoneNumberTaken)),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type AnonymousError = Error<AnonymousRefusal>;

passes_on!(SignUpRefusal => AnonymousRefusal);

impl From<PasswordRefusal> for AnonymousRefusal {
    fn from(refusal: PasswordRefusal) -> Self {
        Self::SignUp(refusal.into())
    }
}

impl AnonymousService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Makes an anonymous account and signs in to it.
    ///
    /// # Errors
    ///
    /// [`SignUpRefusal::Disabled`], [`AnonymousRefusal::MethodDisabled`], or a failure.
    pub async fn sign_in(&self, request: AnonymousSignIn) -> Result<Session, AnonymousError> {
        let accounts = &self.ctx.policy.accounts;
        if !accounts.sign_up_enabled {
            return Err(SignUpRefusal::Disabled.into());
        }
        if !accounts.anonymous_enabled {
            return Err(AnonymousRefusal::MethodDisabled.into());
        }
        let sign_up = SignUpService::new(self.ctx.clone());
        let user = NewUser {
            disabled: false,
            display_name: request
                .display_name
                .map_or_else(|| "Anonymous User".to_owned(), AnonymousName::into_string),
            locale: accounts.locale(request.locale),
            default_role: Role::anonymous(),
            roles: vec![Role::anonymous()],
            is_anonymous: true,
            metadata: Some(request.metadata.map_or(Value::Null, Value::Object)),
            ..sign_up.blank_user(None)
        };
        let opening = NewJwtSession::new(&self.ctx, user.id, AuthMethods::NONE);
        let user = sign_up.insert(&user, &[Along::Session(&opening)]).await?;
        Ok(opening.finish(&self.ctx, user).await?)
    }

    /// Gives an anonymous account an address and a way to sign in.
    ///
    /// With a password and without mandatory verification, sessions go on; otherwise they end, and
    /// the user signs in by a mail.
    ///
    /// # Errors
    ///
    /// See [`AnonymousError`].
    pub async fn deanonymize(
        &self,
        caller: impl Into<AccessIdentity>,
        request: Deanonymize,
    ) -> Result<(), AnonymousError> {
        let caller = caller.into();
        let policy = &self.ctx.policy;
        let user = self.anonymous_user(caller.user_id).await?;
        if let DeanonymizeMethod::Password(password) = &request.method {
            self.ctx
                .check_password::<AnonymousRefusal>(password, PasswordRule::Modern)
                .await?;
        }
        let options = request
            .options
            .clone()
            .resolve(policy, request.email.as_str())?;
        if !policy.accounts.email_access.accepts(&request.email) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let mail = self.sign_in_mail(&request, user.id, &options)?;
        if mail.is_some() {
            self.ctx
                .count_mail(MailRequest::SignUp, &request.email)
                .await?;
        }
        let lookup = UserLookup::Email(&request.email);
        if self.ctx.store.find_user(lookup).await?.is_some() {
            return Err(SignUpRefusal::EmailTaken.into());
        }
        let password_hash = match &request.method {
            DeanonymizeMethod::Password(password) => {
                let client = self.ctx.client();
                Some(self.ctx.hasher.hash(password, client).await?)
            }
            DeanonymizeMethod::EmailLink => None,
        };
        let changes = Deanonymization {
            avatar_url: policy.accounts.avatar_url(&request.email),
            contact: Contact::Email(request.email.clone()),
            password_hash,
            display_name: options.display_name,
            locale: options.locale,
            default_role: options.default_role,
            roles: options.allowed_roles,
            metadata: options.metadata,
            now: self.ctx.clock.now(),
        };
        self.carry_out((caller, user), changes, mail).await
    }

    /// Sends a code to a phone, whose reader may give the anonymous account its number by
    /// [signing in with it](crate::services::SmsSignInService::with_code). Until then nothing changes.
    ///
    /// # Errors
    ///
    /// See [`AnonymousError`].
    pub async fn deanonymize_by_sms(
        &self,
        caller: impl Into<AccessIdentity>,
        request: DeanonymizeBySms,
    ) -> Result<(), AnonymousError> {
        let caller = caller.into();
        let ctx = &self.ctx;
        let delivery = ctx.sms.clone();
        let delivery = delivery.ok_or(AnonymousRefusal::MethodDisabled)?;
        self.anonymous_user(caller.user_id).await?;
        let number = request.phone_number;
        let policy = &ctx.policy;
        let options = request.options.resolve(policy, number.as_str())?;
        ctx.count_text(TextRequest::Change, &number).await?;
        let service = self.clone();
        let work = async move { service.stage(caller, number, options, &delivery).await };
        ctx.in_background(work).await
    }

    async fn stage(
        &self,
        caller: AccessIdentity,
        number: PhoneNumber,
        options: ResolvedOptions,
        delivery: &CodeDelivery,
    ) -> Result<(), AnonymousError> {
        let ctx = &self.ctx;
        let lookup = UserLookup::PhoneNumber(&number);
        let is_taken = ctx.store.find_user(lookup).await?.is_some();
        let profile = StagedProfile {
            display_name: options.display_name,
            locale: options.locale,
            default_role: options.default_role,
            roles: options.allowed_roles,
            metadata: options.metadata,
        };
        let purpose = CodePurpose::PhoneDeanonymization;
        let text = CodeText::new(
            ctx,
            delivery,
            caller.user_id,
            purpose,
            number.clone(),
            profile.locale.clone(),
        )?;
        let now = ctx.clock.now();
        let is_staged = retry(|| async {
            let mut work = ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(false);
            }
            if is_taken {
                // Replaces a code for another number: its staying good would tell that this one is
                // taken (user enumeration).
                text.write_unsent(work.as_mut()).await?;
            } else {
                work.users()
                    .stage_phone_number(caller.user_id, &number, Some(&profile))
                    .await?;
                text.write(work.as_mut()).await?;
            }
            work.commit().await?;
            Ok(true)
        })
        .await?;
        if !is_staged {
            return Err(AnonymousRefusal::SessionEnded.into());
        }
        if is_taken {
            return Err(SignUpRefusal::PhoneNumberTaken.into());
        }
        text.send(ctx).await?;
        Ok(())
    }

    async fn anonymous_user(&self, id: UserId) -> Result<User, AnonymousError> {
        let found = self.ctx.store.find_user(UserLookup::Id(id)).await?;
        let user = found
            .filter(|it| it.is_anonymous)
            .ok_or(AnonymousRefusal::NotAnonymous)?;
        if user.disabled {
            return Err(AnonymousRefusal::Account(AccountRefusal::Disabled).into());
        }
        Ok(user)
    }

    /// The mail by which the user signs in again, if one is needed.
    fn sign_in_mail(
        &self,
        request: &Deanonymize,
        id: UserId,
        options: &ResolvedOptions,
    ) -> Result<Option<TicketMail>, SecretCipherError> {
        let ctx = &self.ctx;
        let purpose = match request.method {
            DeanonymizeMethod::EmailLink => TicketPurpose::SignInLink,
            DeanonymizeMethod::Password(_) => {
                if !ctx.policy.accounts.email_verification_required {
                    return Ok(None);
                }
                TicketPurpose::VerifyEmail
            }
        };
        let challenge = request.code_challenge.clone();
        let recipient = Recipient {
            id,
            email: Some(request.email.clone()),
            locale: options.locale.clone(),
            display_name: options.display_name.clone(),
        };
        let redirect_to = options.redirect_to.clone();
        TicketMail::new(ctx, purpose, recipient, None, redirect_to, challenge).map(Some)
    }

    async fn carry_out(
        &self,
        (caller, user): (AccessIdentity, User),
        changes: Deanonymization,
        mail: Option<TicketMail>,
    ) -> Result<(), AnonymousError> {
        let ctx = &self.ctx;
        let refusal = retry(|| async {
            let mut work = ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, changes.now).await? {
                work.rollback().await?;
                return Ok(Some(AnonymousRefusal::SessionEnded));
            }
            if !work.users().deanonymize(user.id, &changes).await? {
                work.rollback().await?;
                return Ok(Some(AnonymousRefusal::NotAnonymous));
            }
            if let Some(mail) = &mail {
                work.sessions()
                    .end_all_of(user.id, EndedSessions::All)
                    .await?;
                mail.write(work.as_mut()).await?;
            }
            work.commit().await?;
            Ok(None)
        })
        .await?;
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        if let Some(mail) = mail {
            mail.send(ctx).await?;
        }
        Ok(())
    }
}
