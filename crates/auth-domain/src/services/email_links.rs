//! Links in mails, the codes beside them, and the codes of redirects.

use crate::{
    error::{StoreError, UniqueField},
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, OneTimeCode},
    ports::{UnitOfWork, UserLookup},
    redirect::RedirectUrl,
    services::{
        account::sign_up::NewSession,
        context::RequestContext,
        error::{Error, Refusal},
        steps::{
            first_verification::prove_mailbox,
            grant::{Grant, NewGrant},
            noted_user::note_user,
            retry::retry,
            session_opening::{AccountRefusal, EmailNeed, NewJwtSession, NotAdmitted},
        },
    },
    session::{AuthMethod, CodeChallenge, CodeVerifier, ExchangeCode, Session, StoredExchangeCode},
    ticket::{RedeemedTicket, Ticket, TicketPurpose},
    user::{EmailAddress, User, UserId},
};
use chrono::{DateTime, Utc};

/// Redeems the tickets of links, and the codes of redirects.
#[derive(Clone)]
pub struct EmailLinkService {
    ctx: RequestContext,
}

/// The ticket or code of a mail, as proof of having read it.
enum Proof<'a> {
    Ticket(&'a Ticket),
    Code(&'a CodeGuess, TicketPurpose),
}

impl Proof<'_> {
    fn purpose(&self) -> TicketPurpose {
        match self {
            Self::Ticket(ticket) => ticket.purpose(),
            Self::Code(_, purpose) => *purpose,
        }
    }

    async fn accept(
        &self,
        work: &mut dyn UnitOfWork,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        match self {
            Self::Ticket(ticket) => work.tickets().take(ticket, now).await,
            Self::Code(guess, _) => {
                let verdict = work.tickets().judge_code(guess).await?;
                Ok(
                    (verdict == CodeVerdict::Accepted).then_some(RedeemedTicket {
                        user_id: guess.user_id,
                        code_challenge: None,
                    }),
                )
            }
        }
    }
}

/// A code that the user typed instead of following the link beside it.
#[derive(Debug, Clone)]
pub struct LinkCode {
    /// The address of the account; for a change of address, the one so far.
    pub email: EmailAddress,
    /// What the link is for.
    pub purpose: TicketPurpose,
    /// The code.
    pub code: OneTimeCode,
}

/// The result of a followed link.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedLink {
    /// What the ticket was for.
    pub purpose: TicketPurpose,
    /// What the client gets with the redirect.
    pub grant: Grant,
}

/// Why a link was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// Mails with links carry no codes.
    #[error("codes in place of links are disabled")]
    MethodDisabled,
    /// The ticket is unknown, spent or expired, or it is not one of a link.
    #[error("the ticket is not valid")]
    InvalidTicket,
    /// The account may not be used right now. The ticket is spent.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Another account has the new address by now.
    #[error("the e-mail address already has an account")]
    EmailTaken,
}

impl Refusal for LinkRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::Email => Some(Self::EmailTaken),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type LinkError = Error<LinkRefusal>;

/// Why a code was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The code is unknown, spent or expired, or the verifier is not that of its challenge.
    #[error("the code is not valid")]
    InvalidCode,
    /// The account may not be used right now. The code is spent.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
}

impl Refusal for ExchangeRefusal {}

/// A refusal, or a failure.
pub type ExchangeError = Error<ExchangeRefusal>;

/// The outcome of redeeming an exchange code.
enum Exchanged {
    Session(Box<User>, Box<NewJwtSession>),
    Account(AccountRefusal),
    InvalidCode,
}

impl EmailLinkService {
    pub(super) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Where a link may redirect to; see [`crate::redirect::RedirectPolicy::check`].
    ///
    /// # Errors
    ///
    /// [`crate::redirect::RedirectNotAllowed`] for a URL that is not in the allow-list (open
    /// redirect).
    pub fn check_redirect(
        &self,
        requested: &str,
    ) -> Result<RedirectUrl, crate::redirect::RedirectNotAllowed> {
        self.ctx.policy.redirects.check(Some(requested))
    }

    /// Redeems the ticket of a followed link, and signs its owner in.
    ///
    /// # Errors
    ///
    /// See [`LinkError`].
    pub async fn follow(&self, ticket: Ticket) -> Result<FollowedLink, LinkError> {
        let purpose = ticket.purpose();
        if purpose == TicketPurpose::MfaTotp {
            return Err(LinkRefusal::InvalidTicket.into());
        }
        let ctx = &self.ctx;
        let open = |user, challenge| NewGrant::new(ctx, user, AuthMethod::Email, challenge);
        let (_, opening) = self.redeem(&Proof::Ticket(&ticket), open).await?;
        let grant = opening.grant();
        Ok(FollowedLink { purpose, grant })
    }

    /// Exchanges the code of a redirect for a session.
    ///
    /// # Errors
    ///
    /// See [`ExchangeError`]. A wrong verifier spends the code.
    pub async fn exchange(
        &self,
        code: ExchangeCode,
        verifier: CodeVerifier,
    ) -> Result<Session, ExchangeError> {
        match retry(|| self.spend(&code, &verifier)).await? {
            Exchanged::Session(user, opening) => Ok(opening.finish(&self.ctx, *user).await?),
            Exchanged::Account(refusal) => Err(refusal.into()),
            Exchanged::InvalidCode => Err(ExchangeRefusal::InvalidCode.into()),
        }
    }

    /// Spends a code in any case (replay), and opens its session in the same unit of work, so that
    /// a user who is locked out in between does not get in.
    async fn spend(
        &self,
        code: &ExchangeCode,
        verifier: &CodeVerifier,
    ) -> Result<Exchanged, StoreError> {
        let mut work = self.ctx.store.begin().await?;
        let now = self.ctx.clock.now();
        let taken = work
            .tickets()
            .take_exchange_code(&code.hashed(), now)
            .await?;
        let exchanged = match taken.filter(|it| it.challenge.is_met_by(verifier)) {
            Some(code) => self.open_for(work.as_mut(), &code).await?,
            None => Exchanged::InvalidCode,
        };
        work.commit().await?;
        Ok(exchanged)
    }

    async fn open_for(
        &self,
        work: &mut dyn UnitOfWork,
        code: &StoredExchangeCode,
    ) -> Result<Exchanged, StoreError> {
        let opening = NewJwtSession::new(&self.ctx, code.user_id, code.methods);
        let opening = if code.methods.contains(AuthMethod::Provider) {
            opening.without_address()
        } else {
            opening
        };
        let admitted = opening.admit(work, &self.ctx.policy).await?;
        Ok(match admitted {
            Ok(user) => Exchanged::Session(Box::new(user), Box::new(opening)),
            Err(NotAdmitted::Account(refusal)) => Exchanged::Account(refusal),
            Err(NotAdmitted::Deleted | NotAdmitted::SessionEnded) => Exchanged::InvalidCode,
        })
    }

    /// Does what the link of a mail does, by the code beside it, and signs in.
    ///
    /// # Errors
    ///
    /// See [`LinkError`]. An address without an account is not told apart from a wrong code.
    pub async fn redeem_code(&self, attempt: LinkCode) -> Result<Session, LinkError> {
        let ctx = &self.ctx;
        if !ctx.policy.codes.beside_links {
            return Err(LinkRefusal::MethodDisabled.into());
        }
        let judged = self.judge_code(&attempt);
        ctx.after_fixed_delay(judged).await
    }

    async fn judge_code(&self, attempt: &LinkCode) -> Result<Session, LinkError> {
        let ctx = &self.ctx;
        let lookup = UserLookup::Email(&attempt.email);
        let found = ctx.store.find_user(lookup).await?;
        // Without an account the same steps run (timing), but nothing is counted.
        let unknown = || UserId(ctx.ids.uuid());
        if let Some(user) = &found {
            note_user(user.id);
        }
        let user_id = found.map_or_else(unknown, |user| user.id);
        let guess = ctx.guess(
            user_id,
            CodePurpose::InPlaceOf(attempt.purpose),
            &attempt.code,
        );
        let proof = Proof::Code(&guess, attempt.purpose);
        let open = |user, _| NewJwtSession::new(ctx, user, AuthMethod::Email);
        let (user, opening) = self.redeem(&proof, open).await?;
        Ok(opening.finish(ctx, user).await?)
    }

    /// Spends a ticket or code, does what it is for, and opens what its owner gets, in one unit of
    /// work: a failure half-way leaves the ticket good, and a user who is locked out in between does
    /// not get in.
    ///
    /// Where another account has the new address by now, the ticket is spent all the same.
    async fn redeem<O: NewSession>(
        &self,
        proof: &Proof<'_>,
        open: impl Fn(UserId, Option<CodeChallenge>) -> O + Send + Sync,
    ) -> Result<(User, O), LinkError> {
        match retry(|| self.try_to_redeem(proof, &open)).await {
            Err(StoreError::Duplicate {
                field: UniqueField::Email,
            }) => {
                retry(|| self.spend_proof(proof)).await?;
                Err(LinkRefusal::EmailTaken.into())
            }
            redeemed => redeemed?,
        }
    }

    /// A refusal is committed, too: it spends a ticket, as in Hasura Auth, or counts a wrong guess.
    async fn try_to_redeem<O: NewSession>(
        &self,
        proof: &Proof<'_>,
        open: &(impl Fn(UserId, Option<CodeChallenge>) -> O + Send + Sync),
    ) -> Result<Result<(User, O), LinkError>, StoreError> {
        let mut work = self.ctx.store.begin().await?;
        let redeemed = self.redeem_in(work.as_mut(), proof, open).await?;
        work.commit().await?;
        Ok(redeemed)
    }

    /// Expects that accepting the proof took the row lock of the user.
    async fn redeem_in<O: NewSession>(
        &self,
        work: &mut dyn UnitOfWork,
        proof: &Proof<'_>,
        open: &(impl Fn(UserId, Option<CodeChallenge>) -> O + Send + Sync),
    ) -> Result<Result<(User, O), LinkError>, StoreError> {
        let now = self.ctx.clock.now();
        let Some(redeemed) = proof.accept(work, now).await? else {
            return Ok(Err(LinkRefusal::InvalidTicket.into()));
        };
        let lookup = UserLookup::Id(redeemed.user_id);
        let Some(user) = work.users().find(lookup).await? else {
            return Ok(Err(LinkRefusal::InvalidTicket.into()));
        };
        if let Err(refusal) = self.check(&user, proof.purpose()) {
            return Ok(Err(refusal.into()));
        }
        self.act(work, proof.purpose(), &user).await?;
        let opening = open(user.id, redeemed.code_challenge);
        opening.along().write(work).await?;
        // A first verification removes what the answer must not show any more.
        let current = work.users().find(lookup).await?;
        Ok(current
            .map(|user| (user, opening))
            .ok_or(LinkRefusal::InvalidTicket.into()))
    }

    async fn spend_proof(&self, proof: &Proof<'_>) -> Result<(), StoreError> {
        let now = self.ctx.clock.now();
        let mut work = self.ctx.store.begin().await?;
        proof.accept(work.as_mut(), now).await?;
        work.commit().await
    }

    /// Whether the account may be used. A ticket that verifies the address does not need it
    /// verified.
    fn check(&self, user: &User, purpose: TicketPurpose) -> Result<(), AccountRefusal> {
        let proves_address = matches!(
            purpose,
            TicketPurpose::VerifyEmail | TicketPurpose::SignInLink
        );
        match self.ctx.policy.check_account(user, EmailNeed::Required) {
            Err(AccountRefusal::Unverified) if proves_address => Ok(()),
            outcome => outcome,
        }
    }

    /// The effect of a link's ticket, beside signing in.
    async fn act(
        &self,
        work: &mut dyn UnitOfWork,
        purpose: TicketPurpose,
        user: &User,
    ) -> Result<(), StoreError> {
        match purpose {
            TicketPurpose::VerifyEmail => {
                work.users().set_email_verified(user.id).await?;
                let now = self.ctx.clock.now();
                self.ctx.withdraw_changes(work, user.id, now).await
            }
            TicketPurpose::SignInLink | TicketPurpose::ResetPassword => {
                prove_mailbox(work, user.id).await
            }
            TicketPurpose::ConfirmEmailChange => {
                work.users().move_to_new_email(user.id).await?;
                // Pending tickets went to the former address, whose reader may be another person by
                // now.
                work.tickets().forget_all_of(user.id).await
            }
            TicketPurpose::MfaTotp => Ok(()),
        }
    }
}
