//! Text messages kept in the development outbox.

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use auth_domain::{
    error::Cause,
    ports::{SmsError, SmsSender, TextMessage},
};
use mail_templates::{MessageRenderer, SMS_TEMPLATE};
use tokio::task::spawn_blocking;

use crate::{
    OutboxMailer,
    folder::{KEPT_FILES, write},
    kept::{Kept, KeptText},
};

/// The SMS provider `dev`: keeps text messages in the outbox, and optionally in a folder for scripts
/// that wait for a code.
pub struct DevSmsSender {
    pub(crate) outbox: Arc<OutboxMailer>,
    renderer: Arc<dyn MessageRenderer>,
    folder: Option<PathBuf>,
    /// The files that this process wrote there, the newest last. Files of other processes are never
    /// removed.
    pub(crate) files: Mutex<VecDeque<PathBuf>>,
}

impl DevSmsSender {
    /// A sender without messages. `folder` is made with the first one.
    #[must_use]
    pub fn new(
        outbox: Arc<OutboxMailer>,
        renderer: Arc<dyn MessageRenderer>,
        folder: Option<PathBuf>,
    ) -> Self {
        Self {
            outbox,
            renderer,
            folder,
            files: Mutex::default(),
        }
    }

    async fn keep(&self, message: &TextMessage) -> Result<(), Cause> {
        let words = self.renderer.text_message(&message.locale, &message.code);
        let body = words.await?;
        if let Some(folder) = &self.folder {
            let path = folder.join(file_name(message.to.as_str()));
            let unfinished = folder.join(format!("{}.part", self.outbox.ids.uuid()));
            let content = body.clone();
            let written = path.clone();
            spawn_blocking(move || write(&written, &unfinished, content.as_bytes())).await??;
            if let Some(oldest) = self.replaces(path) {
                // A program that watches the folder may have removed it.
                let _gone = spawn_blocking(move || fs::remove_file(oldest)).await?;
            }
        }
        let kept = KeptText {
            sent_at: self.outbox.clock.now(),
            template: SMS_TEMPLATE,
            to: message.to.as_str().to_owned(),
            locale: message.locale.as_str().to_owned(),
            ticket: message.code.expose().to_owned(),
            body,
        };
        self.outbox.keep(Kept::Text(kept)).await
    }

    /// Remembers that a file was written; returns the oldest one for removal if there are too many.
    fn replaces(&self, written: PathBuf) -> Option<PathBuf> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|it| *it != written);
        files.push_back(written);
        (files.len() > KEPT_FILES)
            .then(|| files.pop_front())
            .flatten()
    }
}

#[async_trait]
impl SmsSender for DevSmsSender {
    async fn send(&self, message: TextMessage) -> Result<(), SmsError> {
        self.keep(&message).await.map_err(SmsError::NotSent)?;
        let folder = self.outbox.folder.display();
        tracing::info!(%folder, "a text message was put into the outbox");
        Ok(())
    }
}

/// The file name for a number. All characters but digits, letters, `+` and `-` are replaced (path
/// traversal).
fn file_name(number: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "+-".contains(it);
    let name = number.replace(|it| !is_plain(it), "_");
    format!("{name}.txt")
}
