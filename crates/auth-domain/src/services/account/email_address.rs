//! Mails about an account's address: verifying it, changing it, and resetting the password.

use crate::{
    limits::MailRequest,
    ports::UserLookup,
    redirect::{RedirectNotAllowed, RedirectUrl},
    services::{
        context::RequestContext,
        elevation::DelicateAction,
        error::{Error, Refusal, parts_of_refusals},
        steps::{
            email::TicketMail,
            retry::retry,
            session_opening::{AccountRefusal, EmailNeed, is_still_signed_in},
        },
    },
    session::{AccessIdentity, CodeChallenge},
    ticket::TicketPurpose,
    user::{EmailAddress, User},
};

/// Sends mails about an account's address.
#[derive(Clone)]
pub struct EmailAddressService {
    ctx: RequestContext,
}

/// A request for a mail with a link.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// The address of the account, or its new one.
    pub email: EmailAddress,
    /// Where the link is to redirect to; the client's URL if it is not given.
    pub redirect_to: Option<String>,
    /// The challenge of the client that receives the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
}

/// Why no mail was sent.
#[derive(Debug, thiserror::Error)]
pub enum EmailAddressRefusal {
    /// The redirect is not in the allow-list.
    #[error("the redirect is not allowed")]
    RedirectNotAllowed,
    /// There is no account with the address, or the access lists refuse the address.
    #[error("there is no such account")]
    UnknownAccount,
    /// The address is verified already.
    #[error("the e-mail address is verified already")]
    AlreadyVerified,
    /// The new address has an account.
    #[error("the e-mail address already has an account")]
    EmailTaken,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(AccountRefusal),
    /// The session that the access token belongs to has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Moving to another address needs an elevated token.
    #[error("an elevated access token is needed")]
    NotElevated,
}

impl Refusal for EmailAddressRefusal {}

/// A refusal, or a failure.
pub type EmailAddressError = Error<EmailAddressRefusal>;

parts_of_refusals!(RedirectNotAllowed);

impl From<RedirectNotAllowed> for EmailAddressRefusal {
    fn from(_: RedirectNotAllowed) -> Self {
        Self::RedirectNotAllowed
    }
}

impl EmailAddressService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Mails another link to verify an address. Links that are on their way stay good.
    ///
    /// # Errors
    ///
    /// Checked in the order of the variants of [`EmailAddressError`].
    pub async fn request_verification(
        &self,
        request: LinkRequest,
    ) -> Result<(), EmailAddressError> {
        let policy = &self.ctx.policy;
        let redirect_to = policy.redirects.check(request.redirect_to.as_deref())?;
        self.ctx
            .count_mail(MailRequest::Verification, &request.email)
            .await?;
        let service = self.clone();
        self.ctx
            .in_background(async move { service.send_verification(request, redirect_to).await })
            .await
    }

    async fn send_verification(
        &self,
        request: LinkRequest,
        redirect_to: RedirectUrl,
    ) -> Result<(), EmailAddressError> {
        let policy = &self.ctx.policy;
        let lookup = UserLookup::Email(&request.email);
        let found = self.ctx.store.find_user(lookup).await?;
        let user = found.ok_or(EmailAddressRefusal::UnknownAccount)?;
        match policy.check_account(&user, EmailNeed::Required) {
            Ok(()) | Err(AccountRefusal::Unverified) => {}
            Err(refusal) => return Err(EmailAddressRefusal::Account(refusal).into()),
        }
        if user.email_verified {
            return Err(EmailAddressRefusal::AlreadyVerified.into());
        }
        self.mail(
            TicketPurpose::VerifyEmail,
            &user,
            redirect_to,
            request.code_challenge,
        )
        .await
    }

    /// Mails a link to another address, whose reader may move the account there.
    ///
    /// The account keeps its address, and whether it is verified, until the link is followed.
    /// Earlier links become invalid.
    ///
    /// # Errors
    ///
    /// See [`EmailAddressError`].
    pub async fn request_change(
        &self,
        caller: impl Into<AccessIdentity>,
        request: LinkRequest,
    ) -> Result<(), EmailAddressError> {
        let caller = caller.into();
        let ctx = &self.ctx;
        let policy = &ctx.policy;
        let redirect_to = policy.redirects.check(request.redirect_to.as_deref())?;
        let lookup = UserLookup::Id(caller.user_id);
        let found = ctx.store.find_user(lookup).await?;
        let user = found.ok_or(EmailAddressRefusal::UnknownAccount)?;
        let checked = policy.check_account(&user, EmailNeed::Required);
        checked.map_err(EmailAddressRefusal::Account)?;
        if !policy.accounts.email_access.accepts(&request.email) {
            return Err(EmailAddressRefusal::Account(AccountRefusal::EmailNotAllowed).into());
        }
        self.ctx
            .count_mail(MailRequest::Change, &request.email)
            .await?;
        let service = self.clone();
        ctx.in_background(async move {
            service
                .send_change((caller, user), request, redirect_to)
                .await
        })
        .await
    }

    async fn send_change(
        &self,
        (caller, user): (AccessIdentity, User),
        request: LinkRequest,
        redirect_to: RedirectUrl,
    ) -> Result<(), EmailAddressError> {
        let ctx = &self.ctx;
        let lookup = UserLookup::Email(&request.email);
        let is_taken = ctx.store.find_user(lookup).await?.is_some();
        let purpose = TicketPurpose::ConfirmEmailChange;
        let mail = TicketMail::new(
            ctx,
            purpose,
            &user,
            Some(request.email.clone()),
            redirect_to,
            request.code_challenge,
        )?;
        let now = ctx.clock.now();
        let noted: Result<(), EmailAddressError> = retry(|| async {
            let mut work = ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(Err(EmailAddressRefusal::SessionEnded.into()));
            }
            let action = DelicateAction::Any;
            if !ctx.may(work.as_mut(), caller, action).await? {
                work.rollback().await?;
                return Ok(Err(EmailAddressRefusal::NotElevated.into()));
            }
            // A ticket that went to another new address must not move the account to this one. It
            // is deleted even when this one is taken, or its staying good would tell so (user
            // enumeration).
            work.tickets().forget_all_of(user.id).await?;
            if !is_taken {
                work.users().set_new_email(user.id, &request.email).await?;
                mail.write(work.as_mut()).await?;
            }
            work.commit().await?;
            Ok(Ok(()))
        })
        .await?;
        noted?;
        if is_taken {
            return Err(EmailAddressRefusal::EmailTaken.into());
        }
        mail.send(ctx).await?;
        Ok(())
    }

    /// Mails a link to reset the password. The answer does not tell whether there is an account for
    /// the address, or whether it may be used.
    ///
    /// # Errors
    ///
    /// [`EmailAddressRefusal::RedirectNotAllowed`], or a failure.
    pub async fn request_password_reset(
        &self,
        request: LinkRequest,
    ) -> Result<(), EmailAddressError> {
        let policy = &self.ctx.policy;
        let redirect_to = policy.redirects.check(request.redirect_to.as_deref())?;
        self.ctx
            .count_mail(MailRequest::PasswordReset, &request.email)
            .await?;
        let service = self.clone();
        self.ctx
            .in_background(async move { service.send_password_reset(request, redirect_to).await })
            .await
    }

    async fn send_password_reset(
        &self,
        request: LinkRequest,
        redirect_to: RedirectUrl,
    ) -> Result<(), EmailAddressError> {
        let policy = &self.ctx.policy;
        let lookup = UserLookup::Email(&request.email);
        let found = self.ctx.store.find_user(lookup).await?;
        let usable = |user: &User| policy.check_account(user, EmailNeed::Required).is_ok();
        let Some(user) = found.filter(usable) else {
            return Ok(());
        };
        self.mail(
            TicketPurpose::ResetPassword,
            &user,
            redirect_to,
            request.code_challenge,
        )
        .await
    }

    async fn mail(
        &self,
        purpose: TicketPurpose,
        user: &User,
        redirect_to: RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Result<(), EmailAddressError> {
        let ctx = &self.ctx;
        let mail = TicketMail::new(ctx, purpose, user, None, redirect_to, challenge)?;
        mail.store(ctx).await?;
        mail.send(ctx).await?;
        Ok(())
    }
}
