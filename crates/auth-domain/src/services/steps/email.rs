//! Mails with a ticket or a code: it is stored first, with a message in the queue, and the mail is
//! sent after the commit, so that a mail never carries what was rolled back.

use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodePurpose, NewCode, OneTimeCode},
    ports::{Mail, MailKind, MailerError, SecretCipherError, UnitOfWork},
    queued_message::{Carried, OutgoingMessage},
    redirect::RedirectUrl,
    secret::Secret,
    services::{
        context::RequestContext,
        dependencies::Dependencies,
        steps::retry::retry,
        upkeep::message_queue::{DeliveryError, Outgoing},
    },
    session::CodeChallenge,
    ticket::{NewTicket, Ticket, TicketPurpose},
    user::{EmailAddress, Locale, NewUser, User, UserId},
};

/// The user that a mail is for.
pub(in crate::services) struct Recipient {
    pub(in crate::services) id: UserId,
    /// The address of the account. Without one, and without a new one, nothing is sent.
    pub(in crate::services) email: Option<EmailAddress>,
    pub(in crate::services) locale: Locale,
    pub(in crate::services) display_name: String,
}

impl From<&User> for Recipient {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            locale: user.locale.clone(),
            display_name: user.display_name.clone(),
        }
    }
}

impl From<&NewUser> for Recipient {
    fn from(user: &NewUser) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            locale: user.locale.clone(),
            display_name: user.display_name.clone(),
        }
    }
}

/// A queued mail that fails is retried later, so only a permanent refusal is an error.
async fn send(
    message: Option<Box<Outgoing>>,
    dependencies: &Dependencies,
) -> Result<(), MailerError> {
    let Some(message) = message else {
        return Ok(());
    };
    match message.send(dependencies).await {
        Err(DeliveryError::Mail(error @ MailerError::Permanent(_))) => Err(error),
        _ => Ok(()),
    }
}

/// A ticket that is about to be stored and mailed.
pub(in crate::services) struct TicketMail {
    row: NewTicket,
    code: Option<NewCode>,
    message: Option<Box<Outgoing>>,
}

impl TicketMail {
    /// A mail to the user's address, or to `new_email` while they are changing it, which may be
    /// their first.
    pub(in crate::services) fn new(
        dependencies: &Dependencies,
        purpose: TicketPurpose,
        recipient: impl Into<Recipient>,
        new_email: Option<EmailAddress>,
        redirect_to: RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Result<Self, SecretCipherError> {
        let recipient = recipient.into();
        let user = recipient.id;
        let ticket = Ticket::new(purpose, dependencies.ids.uuid());
        let row = dependencies.ticket_row(&ticket, user, challenge);
        let codes = &dependencies.policy.codes;
        let (code, code_row) = codes
            .beside_links
            .then(|| dependencies.new_code(user, CodePurpose::InPlaceOf(purpose)))
            .unzip();
        let link = ticket.link(&dependencies.policy.server_url, &redirect_to);
        let mail = recipient
            .email
            .or_else(|| new_email.clone())
            .map(|email| Mail {
                kind: mail_kind(purpose),
                to: new_email.clone().unwrap_or_else(|| email.clone()),
                locale: recipient.locale,
                display_name: recipient.display_name,
                email,
                new_email,
                ticket: Secret::new(ticket.expose()),
                code: code.map(|code| Secret::new(code.expose())),
                link: Some(link),
                redirect_to,
            });
        let carried = Carried::Ticket(purpose, row.hash.clone());
        let queue = |mail| {
            let message = OutgoingMessage::Mail(mail);
            Outgoing::new(dependencies, user, carried, row.expires_at, message)
        };
        let message = mail.map(queue).transpose()?;
        Ok(Self {
            row,
            code: code_row,
            message,
        })
    }

    /// Stores the ticket, and the code in its place, and queues the mail, as part of `work`.
    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.tickets().insert(&self.row).await?;
        if let Some(row) = &self.code {
            work.tickets().put_code(row).await?;
        }
        match &self.message {
            Some(message) => message.enqueue(work).await,
            None => Ok(()),
        }
    }

    /// Stores the ticket in a unit of work of its own.
    pub(in crate::services) async fn store(
        &self,
        dependencies: &Dependencies,
    ) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = dependencies.store.begin().await?;
            self.write(work.as_mut()).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the mail. Only a permanent refusal is an error.
    pub(in crate::services) async fn send(
        self,
        dependencies: &Dependencies,
    ) -> Result<(), MailerError> {
        send(self.message, dependencies).await
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

impl Dependencies {
    /// A new code with its row.
    pub(in crate::services) fn new_code(
        &self,
        user: UserId,
        purpose: CodePurpose,
    ) -> (OneTimeCode, NewCode) {
        let code = OneTimeCode::new(self.ids.token_bytes());
        let row = self.code_row(&code, user, purpose);
        (code, row)
    }

    /// What is stored of a code made now.
    pub(in crate::services) fn code_row(
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

impl RequestContext {
    /// A guess at a code of a user.
    pub(in crate::services) fn guess(
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
        // A code in place of a link is sent with the link, and the others go to phones.
        CodePurpose::SignIn
        | CodePurpose::InPlaceOf(_)
        | CodePurpose::TextedSignIn
        | CodePurpose::TextedElevation
        | CodePurpose::PhoneDeanonymization
        | CodePurpose::PhoneChange => MailKind::SignInCode,
    }
}

/// A code that is about to be stored and mailed.
pub(in crate::services) struct CodeMail {
    row: NewCode,
    message: Option<Box<Outgoing>>,
}

impl CodeMail {
    /// A mail to the user's address. Users without an address get nothing.
    pub(in crate::services) fn new(
        dependencies: &Dependencies,
        recipient: impl Into<Recipient>,
        purpose: CodePurpose,
        redirect_to: RedirectUrl,
    ) -> Result<Self, SecretCipherError> {
        let recipient = recipient.into();
        let user = recipient.id;
        let (code, row) = dependencies.new_code(user, purpose);
        let mail = recipient.email.map(|email| Mail {
            kind: code_kind(purpose),
            to: email.clone(),
            locale: recipient.locale,
            display_name: recipient.display_name,
            email,
            new_email: None,
            ticket: Secret::new(code.expose()),
            code: None,
            link: None,
            redirect_to,
        });
        let queue = |mail| {
            let message = OutgoingMessage::Mail(mail);
            let carried = Carried::Code(purpose);
            Outgoing::new(dependencies, user, carried, row.expires_at, message)
        };
        let message = mail.map(queue).transpose()?;
        Ok(Self { row, message })
    }

    /// Stores the code and queues the mail as part of `work`.
    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.tickets().put_code(&self.row).await?;
        match &self.message {
            Some(message) => message.enqueue(work).await,
            None => Ok(()),
        }
    }

    /// Stores the code in a unit of work of its own.
    pub(in crate::services) async fn store(
        &self,
        dependencies: &Dependencies,
    ) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = dependencies.store.begin().await?;
            self.write(work.as_mut()).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the mail. Only a permanent refusal is an error.
    pub(in crate::services) async fn send(
        self,
        dependencies: &Dependencies,
    ) -> Result<(), MailerError> {
        send(self.message, dependencies).await
    }
}
