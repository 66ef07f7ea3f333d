//! Mails kept in the development outbox.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use auth_domain::{
    error::Cause,
    ports::{Clock, IdGenerator, Mail, Mailer, MailerError},
};
use http_api::{KeptMessage, Outbox};
use mail_templates::{MessageRenderer, MissingTemplate};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::{
    folder::{KEPT_FILES, remove_oldest, write},
    kept::{Kept, KeptMail},
};

/// How many messages are kept in memory.
pub(crate) const KEPT: usize = 100;

/// Most bytes of the messages in a folder, the newest not counted.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;

/// Keeps messages in memory and in a folder.
pub struct OutboxMailer {
    pub(crate) folder: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    renderer: Arc<dyn MessageRenderer>,
    kept: Mutex<VecDeque<Kept>>,
}

impl OutboxMailer {
    /// An outbox in `folder`, which is made with the first message.
    #[must_use]
    pub fn new(
        folder: PathBuf,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        renderer: Arc<dyn MessageRenderer>,
    ) -> Self {
        Self {
            folder,
            clock,
            ids,
            renderer,
            kept: Mutex::default(),
        }
    }

    async fn kept(&self, mail: &Mail) -> Result<KeptMail, MissingTemplate> {
        let words = self.renderer.render(mail).await?;
        Ok(KeptMail {
            sent_at: self.clock.now(),
            template: mail.kind.template(),
            to: mail.to.as_str().to_owned(),
            display_name: mail.display_name.clone(),
            locale: mail.locale.as_str().to_owned(),
            new_email: mail.new_email.as_ref().map(|it| it.as_str().to_owned()),
            link: mail.link.as_ref().map(|it| it.expose().to_owned()),
            code: mail.code.as_ref().map(|it| it.expose().to_owned()),
            ticket: mail.ticket.expose().to_owned(),
            redirect_to: mail.redirect_to.as_str().to_owned(),
            subject: words.subject,
            html: words.html,
        })
    }

    /// Puts a message into the folder and into memory.
    pub(crate) async fn keep(&self, message: Kept) -> Result<(), Cause> {
        let moment = message.sent_at().format("%Y%m%dT%H%M%S%.6fZ");
        let path = self
            .folder
            .join(format!("{moment}-{}.json", self.ids.uuid()));
        let content = serde_json::to_vec_pretty(&message)?;
        let unfinished = path.with_extension("part");
        let folder = self.folder.clone();
        spawn_blocking(move || {
            write(&path, &unfinished, &content)?;
            if let Err(error) = remove_oldest(&folder, KEPT_FILES, KEPT_BYTES) {
                tracing::warn!(%error, "old messages cannot be removed from the outbox");
            }
            io::Result::Ok(())
        })
        .await??;
        self.remember(message);
        Ok(())
    }

    fn remember(&self, mail: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(mail);
    }
}

impl Outbox for OutboxMailer {
    fn messages(&self) -> Vec<KeptMessage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.iter().map(|message| KeptMessage {
            shown: message.shown(),
            data: json!(message),
        });
        kept.collect()
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let kept = self.kept(&mail).await;
        let kept = kept.map_err(|missing| MailerError::Permanent(missing.into()))?;
        self.keep(Kept::Mail(kept))
            .await
            .map_err(MailerError::Temporary)?;
        tracing::info!(folder = %self.folder.display(), "a mail was put into the outbox");
        Ok(())
    }
}
