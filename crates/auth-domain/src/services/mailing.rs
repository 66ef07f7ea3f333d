//! Telling people by mail: a ticket or a code is stored first, and handed to the mailer after the
//! commit, because a mail must never carry what was rolled back.

use super::{Installation, retry::retry, visit::Visit};
use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodePurpose, NewCode, OneTimeCode},
    ports::{Mail, MailKind, MailerError, UnitOfWork},
    redirect::RedirectUrl,
    secret::Secret,
    session::CodeChallenge,
    ticket::{NewTicket, Ticket, TicketPurpose},
    user::{EmailAddress, User, UserId},
};

/// A ticket that is about to be stored and mailed.
pub(super) struct TicketMail {
    ticket: Ticket,
    row: NewTicket,
    code: Option<(OneTimeCode, NewCode)>,
    redirect_to: RedirectUrl,
}

impl TicketMail {
    pub(super) fn new(
        installation: &Installation,
        purpose: TicketPurpose,
        user: UserId,
        redirect_to: RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Self {
        let ticket = Ticket::new(purpose, installation.ids.token_bytes());
        let row = installation.ticket_row(&ticket, user, challenge);
        let codes = &installation.policy.codes;
        let code = codes
            .beside_links
            .then(|| installation.new_code(user, CodePurpose::InPlaceOf(purpose)));
        Self {
            ticket,
            row,
            code,
            redirect_to,
        }
    }

    /// Stores the ticket, and the code in its place, as part of `work`.
    pub(super) async fn write(&self, work: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        work.tickets().insert(&self.row).await?;
        if let Some((_, row)) = &self.code {
            work.tickets().put_code(row).await?;
        }
        Ok(())
    }

    /// Stores the ticket in a unit of work of its own.
    pub(super) async fn store(&self, installation: &Installation) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = installation.store.begin().await?;
            self.write(work.as_mut()).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the ticket to the user's address, or to `new_email` while they are changing it, which
    /// may be their first. Without either nothing is sent.
    pub(super) async fn send(
        self,
        installation: &Installation,
        user: &User,
        new_email: Option<EmailAddress>,
    ) -> Result<(), MailerError> {
        let Some(email) = user.email.clone().or_else(|| new_email.clone()) else {
            return Ok(());
        };
        let link = self
            .ticket
            .link(&installation.policy.server_url, &self.redirect_to);
        let mail = Mail {
            kind: mail_kind(self.ticket.purpose()),
            to: new_email.clone().unwrap_or_else(|| email.clone()),
            locale: user.locale.clone(),
            display_name: user.display_name.clone(),
            email,
            new_email,
            ticket: Secret::new(self.ticket.expose()),
            code: self.code.map(|(code, _)| Secret::new(code.expose())),
            link: Some(link),
            redirect_to: self.redirect_to,
        };
        installation.mailer.send(mail).await
    }
}

fn mail_kind(purpose: TicketPurpose) -> MailKind {
    match purpose {
        TicketPurpose::SignInLink => MailKind::SignInLink,
        TicketPurpose::ConfirmEmailChange => MailKind::ConfirmEmailChange,
        TicketPurpose::ResetPassword => MailKind::ResetPassword,
        // A ticket between two steps of a sign-in is never mailed.
        TicketPurpose::VerifyEmail | TicketPurpose::MfaTotp => MailKind::VerifyEmail,
    }
}

impl Installation {
    /// A new code with its row.
    pub(super) fn new_code(&self, user: UserId, purpose: CodePurpose) -> (OneTimeCode, NewCode) {
        let code = OneTimeCode::new(self.ids.token_bytes());
        let row = self.code_row(&code, user, purpose);
        (code, row)
    }

    /// What is stored of a code made now.
    pub(super) fn code_row(
        &self,
        code: &OneTimeCode,
        user: UserId,
        purpose: CodePurpose,
    ) -> NewCode {
        let policy = &self.policy.codes;
        NewCode {
            user_id: user,
            purpose,
            hash: code.hashed(&policy.key, user, purpose),
            expires_at: self.clock.now() + policy.ttl(purpose),
        }
    }
}

impl Visit {
    /// A guess at a code of a user.
    pub(super) fn guess(
        &self,
        user_id: UserId,
        purpose: CodePurpose,
        code: &OneTimeCode,
    ) -> CodeGuess {
        let mut limits = self.guess_limits(user_id);
        if !purpose.guess_kind().is_of_owner() {
            limits.place = None;
        }
        CodeGuess {
            user_id,
            purpose,
            hash: code.hashed(&self.policy.codes.key, user_id, purpose),
            limits,
        }
    }
}

fn code_kind(purpose: CodePurpose) -> MailKind {
    match purpose {
        CodePurpose::Elevation => MailKind::ElevationCode,
        // A code in place of a link is in the mail of the link, and others go to phones.
        CodePurpose::SignIn
        | CodePurpose::InPlaceOf(_)
        | CodePurpose::TextedSignIn
        | CodePurpose::TextedElevation
        | CodePurpose::PhoneDeanonymization
        | CodePurpose::PhoneChange => MailKind::SignInCode,
    }
}

/// A code that is about to be stored and mailed.
pub(super) struct CodeMail {
    code: OneTimeCode,
    pub(super) row: NewCode,
    redirect_to: RedirectUrl,
}

impl CodeMail {
    pub(super) fn new(
        installation: &Installation,
        user: UserId,
        purpose: CodePurpose,
        redirect_to: RedirectUrl,
    ) -> Self {
        let (code, row) = installation.new_code(user, purpose);
        Self {
            code,
            row,
            redirect_to,
        }
    }

    /// Stores the code in a unit of work of its own.
    pub(super) async fn store(&self, installation: &Installation) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = installation.store.begin().await?;
            work.tickets().put_code(&self.row).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the code to the user's address. Users without an address get nothing.
    pub(super) async fn send(
        self,
        installation: &Installation,
        user: &User,
    ) -> Result<(), MailerError> {
        let Some(email) = user.email.clone() else {
            return Ok(());
        };
        let mail = Mail {
            kind: code_kind(self.row.purpose),
            to: email.clone(),
            locale: user.locale.clone(),
            display_name: user.display_name.clone(),
            email,
            new_email: None,
            ticket: Secret::new(self.code.expose()),
            code: None,
            link: None,
            redirect_to: self.redirect_to,
        };
        installation.mailer.send(mail).await
    }
}
