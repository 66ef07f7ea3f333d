//! Creating accounts for new users of a provider.

use super::{
    ProviderSignInError, ProviderSignInService,
    matching::{ProviderSignInAttempt, ProviderSignInOutcome},
};
use crate::{
    identity::ExternalIdentity,
    limits::MailRequest,
    redirect::RedirectUrl,
    services::{
        account::sign_up::{Along, NewSession, SignUpError, SignUpRefusal, SignUpService},
        error::Error,
        sign_in::{email::Audience, provider::ProviderSignInRefusal},
        steps::{email::TicketMail, session_opening::AccountRefusal},
    },
    ticket::TicketPurpose,
    user::{EmailAddress, NewUser, UserId, composed, disturbs_reading},
};

/// The most characters of a name from a provider.
const LONGEST_NAME: usize = 100;

/// The most bytes of the URL of a picture.
const LONGEST_PICTURE: usize = 2048;

/// A user who may get an account.
struct Candidate {
    user: NewUser,
    redirect_to: RedirectUrl,
}

impl ProviderSignInService {
    /// Creates an account, and signs its owner in unless they have to verify their address first.
    pub(super) async fn sign_up<O: NewSession>(
        &self,
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<ProviderSignInOutcome<O>, ProviderSignInError> {
        let candidate = self.candidate(attempt)?;
        if self.has_to_verify(&candidate.user) {
            self.await_verification(candidate, attempt).await?;
            return Ok(ProviderSignInOutcome::VerificationPending);
        }
        let user = candidate.user;
        let service = SignUpService::new(self.ctx.clone());
        let link = self.link_row(user.id, attempt.profile.key.clone());
        let linked = Along::Identity(&link);
        if user.disabled {
            let inserted = service.insert(&user, &[linked]).await;
            inserted.map_err(SignUpError::from)?;
            return Err(SignUpRefusal::CreatedDisabled.into());
        }
        let opening = open(user.id);
        let inserted = service.insert(&user, &[linked, opening.along()]).await;
        let user = inserted.map_err(SignUpError::from)?;
        Ok(ProviderSignInOutcome::SignedIn(Box::new(user), opening))
    }

    /// Refuses an attempt. With enumeration protection a taken or unverified address is answered
    /// like that of a new user who has to verify it, the first time and each time after, so that
    /// the answer does not tell whether the account exists.
    pub(super) async fn refuse(
        &self,
        attempt: &ProviderSignInAttempt,
        refusal: ProviderSignInError,
    ) -> Result<(), ProviderSignInError> {
        let tells_of_the_address = matches!(
            refusal,
            Error::Refused(
                ProviderSignInRefusal::SignUp(SignUpRefusal::EmailTaken)
                    | ProviderSignInRefusal::Account(AccountRefusal::Unverified)
            )
        );
        if self.ctx.enumeration_protection.is_none() || !tells_of_the_address {
            return Err(refusal);
        }
        let candidate = self.candidate(attempt)?;
        if !self.has_to_verify(&candidate.user) {
            return Err(refusal);
        }
        self.count_verification(&candidate.user).await
    }

    async fn await_verification(
        &self,
        candidate: Candidate,
        attempt: &ProviderSignInAttempt,
    ) -> Result<(), ProviderSignInError> {
        let Candidate { user, redirect_to } = candidate;
        self.count_verification(&user).await?;
        let ctx = self.ctx.clone();
        let purpose = TicketPurpose::VerifyEmail;
        let challenge = attempt.code_challenge.clone();
        let mail = TicketMail::new(&ctx, purpose, &user, None, redirect_to, challenge)?;
        let link = self.link_row(user.id, attempt.profile.key.clone());
        self.ctx
            .in_background(async move {
                let service = SignUpService::new(ctx.clone());
                let along = [Along::Identity(&link), Along::Ticket(&mail)];
                let inserted = service.insert(&user, &along).await;
                inserted.map_err(SignUpError::from)?;
                mail.send(&ctx).await?;
                Ok::<_, ProviderSignInError>(())
            })
            .await
    }

    async fn count_verification(&self, user: &NewUser) -> Result<(), ProviderSignInError> {
        match &user.email {
            Some(email) => Ok(self.ctx.count_mail(MailRequest::SignUp, email).await?),
            None => Ok(()),
        }
    }

    /// Whether a new user has to verify their address before they are signed in. One who starts
    /// disabled is enabled by an administrator anyway.
    fn has_to_verify(&self, user: &NewUser) -> bool {
        let accounts = &self.ctx.policy.accounts;
        let is_unchecked = user.email.is_some() && !user.email_verified;
        is_unchecked && accounts.email_verification_required && !user.disabled
    }

    /// Checks what can be checked without the store.
    fn candidate(&self, attempt: &ProviderSignInAttempt) -> Result<Candidate, ProviderSignInError> {
        let policy = &self.ctx.policy;
        let accounts = &policy.accounts;
        let is_wanted = attempt.audience == Audience::NewUsers || accounts.auto_sign_up;
        if !accounts.sign_up_enabled || !is_wanted {
            return Err(SignUpRefusal::Disabled.into());
        }
        let identity = &attempt.profile.identity;
        if let Some(email) = &identity.email
            && !accounts.email_access.accepts(email)
        {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let options = attempt
            .options
            .clone()
            .resolve(policy, &name_of(identity))?;
        let redirect_to = options.redirect_to.clone();
        let service = SignUpService::new(self.ctx.clone());
        let user = NewUser {
            email: identity.email.clone(),
            email_verified: attempt.profile.email_verified,
            avatar_url: self.avatar(identity),
            ..service.user_with(options)
        };
        Ok(Candidate { user, redirect_to })
    }

    fn avatar(&self, identity: &ExternalIdentity) -> String {
        let gravatar = || {
            let accounts = &self.ctx.policy.accounts;
            identity.email.as_ref().map(|it| accounts.avatar_url(it))
        };
        let is_shown = |it: &&url::Url| {
            matches!(it.scheme(), "https" | "http") && it.as_str().len() <= LONGEST_PICTURE
        };
        let picture = identity.avatar.as_ref().filter(is_shown);
        let picture = picture.map(ToString::to_string);
        picture.or_else(gravatar).unwrap_or_default()
    }
}

/// The name to show: the provider's, or else the address or the id.
fn name_of(identity: &ExternalIdentity) -> String {
    let (name, subject) = (identity.name.as_deref(), identity.subject.as_str());
    let address = identity.email.as_ref().map(EmailAddress::as_str);
    match name.filter(|it| address == Some(*it)) {
        // A user who signs up with an address is called by it, too.
        Some(address) => address.to_owned(),
        None => name
            .and_then(shown)
            .or_else(|| shown(subject))
            .unwrap_or_default(),
    }
}

/// A name as it may be shown, in mails too: without invisible characters, without what makes a link
/// or an address, and shortened.
fn shown(name: &str) -> Option<String> {
    let is_shown = |it: &char| !disturbs_reading(*it) && !":/\\@<>".contains(*it);
    let shown: String = composed(name).chars().filter(is_shown).collect();
    let short: String = shown.trim().chars().take(LONGEST_NAME).collect();
    Some(short.trim_end().to_owned()).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Subject;

    fn named(name: Option<&str>) -> String {
        name_of(&ExternalIdentity {
            name: name.map(str::to_owned),
            email: EmailAddress::parse("ada@example.com").ok(),
            ..ExternalIdentity::of(Subject::parse("c:4711").unwrap())
        })
    }

    #[test]
    fn names_are_shown_without_what_cannot_be_seen_and_without_links() {
        assert_eq!(named(Some(" Ada\u{0}\n Lovelace ")), "Ada Lovelace");
        assert_eq!(named(Some("O’Brien (अदा)")), "O’Brien (अदा)");
        assert_eq!(named(Some("A\u{301}ngel")), "Ángel");
        assert_eq!(named(Some("\u{202e}Ada\u{2028}\u{2066}L.")), "AdaL.");
        assert_eq!(named(Some("https://evil.io/<b>")), "httpsevil.iob");
        assert_eq!(named(Some("eve@evil.io")), "eveevil.io");
        assert_eq!(named(Some(&"x".repeat(500))).len(), 100);
    }

    #[test]
    fn a_user_without_a_name_is_called_by_address_or_id() {
        assert_eq!(named(Some("ada@example.com")), "ada@example.com");
        for nothing in [None, Some(""), Some(" \u{7} "), Some("://")] {
            assert_eq!(named(nothing), "c4711");
        }
    }
}
