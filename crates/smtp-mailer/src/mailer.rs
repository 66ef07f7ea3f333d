//! The mailer.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_domain::ports::{Mail, Mailer, MailerError};
use bb8::Pool;
use mail_templates::{MessageRenderer, Rendered};
use tokio::runtime::Handle;

use crate::{
    deadline::Deadline,
    error::{SmtpError, Step},
    message::{Message, MessageDefaults},
    pool::{IDLE, Places},
    sender::Sender,
    server::Server,
    session::Session,
    settings::{InvalidSmtpSettings, SmtpSettings},
};

/// Sends mail through an SMTP server.
///
/// A mail is sent once, and an error is left to the caller. The only retry is that on a new
/// connection, when an idle one turns out to be closed.
pub struct SmtpMailer {
    server: Server,
    defaults: MessageDefaults,
    renderer: Arc<dyn MessageRenderer>,
    places: Pool<Places>,
}

impl SmtpMailer {
    /// A mailer that has not connected yet: a server that is away for a moment does not keep this
    /// one from starting.
    ///
    /// * `renderer` – renders the mails.
    /// * `runtime` – where idle connections are closed.
    ///
    /// # Errors
    ///
    /// [`InvalidSmtpSettings`], which says what to mend.
    pub fn new(
        settings: &SmtpSettings,
        renderer: Arc<dyn MessageRenderer>,
        runtime: &Handle,
    ) -> Result<Self, InvalidSmtpSettings> {
        Self::with_idle(settings, renderer, IDLE, runtime)
    }

    fn with_idle(
        settings: &SmtpSettings,
        renderer: Arc<dyn MessageRenderer>,
        idle: Duration,
        runtime: &Handle,
    ) -> Result<Self, InvalidSmtpSettings> {
        Ok(Self {
            server: Server::new(settings)?,
            defaults: defaults(settings)?,
            places: Places::pool(settings.pool_size, settings.timeout, idle, runtime),
            renderer,
        })
    }

    /// Connects, with TLS and login as configured, and says goodbye.
    ///
    /// # Errors
    ///
    /// [`SmtpError`] names the step that failed.
    pub async fn try_to_connect(&self) -> Result<(), SmtpError> {
        let deadline = Deadline::after(self.server.timeout);
        Session::open(&self.server, deadline).await.map(drop)
    }

    async fn send_rendered(&self, mail: &Mail, rendered: &Rendered) -> Result<(), SmtpError> {
        let message = self.defaults.message(mail, rendered)?;
        let deadline = Deadline::after(self.server.timeout);
        let mut place = deadline.run(Step::Waiting, self.places.get()).await?;
        let session = self.transmit(&message, place.take(), deadline).await?;
        place.keep(session);
        Ok(())
    }

    /// Returns the connection on which the server accepted `message`.
    async fn transmit(
        &self,
        message: &Message,
        idle: Option<Session>,
        deadline: Deadline,
    ) -> Result<Session, SmtpError> {
        if let Some(session) = idle {
            match self.on_idle(session, message, deadline).await {
                Err(error) if error.connection_was_lost() => {}
                outcome => return outcome,
            }
        }
        let mut session = Session::open(&self.server, deadline).await?;
        session.send(message, deadline).await?;
        Ok(session)
    }

    async fn on_idle(
        &self,
        mut session: Session,
        message: &Message,
        deadline: Deadline,
    ) -> Result<Session, SmtpError> {
        // A live server answers at once; the rest of the time is for another connection.
        session
            .reset(deadline.within(self.server.timeout / 4))
            .await?;
        session.send(message, deadline).await?;
        Ok(session)
    }
}

fn defaults(settings: &SmtpSettings) -> Result<MessageDefaults, InvalidSmtpSettings> {
    if settings.sender.trim().is_empty() {
        return Err(InvalidSmtpSettings::NoSender);
    }
    let sender = Sender::parse(&settings.sender)
        .ok_or_else(|| InvalidSmtpSettings::Sender(settings.sender.clone()))?;
    let x_smtpapi = settings.x_smtpapi.as_deref().map(str::trim);
    let x_smtpapi = x_smtpapi.filter(|value| !value.is_empty());
    let writable = |value: &str| value.chars().all(|it| matches!(it, ' '..='~'));
    if !x_smtpapi.is_none_or(writable) {
        return Err(InvalidSmtpSettings::XSmtpApi);
    }
    Ok(MessageDefaults {
        sender,
        x_smtpapi: x_smtpapi.map(str::to_owned),
    })
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let words = self.renderer.render(&mail).await;
        let rendered = words.map_err(|error| MailerError::Permanent(error.into()))?;
        self.send_rendered(&mail, &rendered).await.map_err(|error| {
            if error.is_permanent() {
                MailerError::Permanent(error.into())
            } else {
                MailerError::Temporary(error.into())
            }
        })
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("host", &self.server.host)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
