//! The development outbox: mails are kept for people to look at instead of being sent.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    ports::{Clock, IdGenerator, Mail, Mailer, MailerError},
};
use http_api::Outbox;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::private_files;

/// How many mails are kept in memory.
const KEPT: usize = 100;

/// One kept mail, in the form of its file.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptMail {
    /// When it was handed over.
    pub(crate) sent_at: DateTime<Utc>,
    /// What it is about, as Hasura Auth names its templates.
    pub(crate) template: &'static str,
    /// The address it goes to.
    pub(crate) to: String,
    /// How its reader is addressed.
    pub(crate) display_name: String,
    /// The language it is to be written in.
    pub(crate) locale: String,
    /// The address the account is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email: Option<String>,
    /// The link that does what the mail is about; none where a code has to be typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// The code that works in place of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The ticket in that link, or the code.
    pub(crate) ticket: String,
    /// Where the link leads in the end.
    pub(crate) redirect_to: String,
}

/// Keeps mails in memory and in a folder.
pub(crate) struct OutboxMailer {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    kept: Mutex<VecDeque<KeptMail>>,
}

impl OutboxMailer {
    /// An outbox in `folder`, which is made with the first mail.
    pub(crate) fn new(folder: PathBuf, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self {
            folder,
            clock,
            ids,
            kept: Mutex::default(),
        }
    }

    fn kept(&self, mail: &Mail) -> KeptMail {
        KeptMail {
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
        }
    }

    fn remember(&self, mail: KeptMail) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(mail);
    }
}

impl Outbox for OutboxMailer {
    fn mails(&self) -> Value {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|mail| json!(mail)).collect()
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let kept = self.kept(&mail);
        let moment = kept.sent_at.format("%Y%m%dT%H%M%S%.6fZ");
        let path = self
            .folder
            .join(format!("{moment}-{}.json", self.ids.uuid()));
        let content = serde_json::to_vec_pretty(&kept).map_err(failed)?;
        let written = spawn_blocking(move || write(&path, &content)).await;
        written.map_err(failed)?.map_err(failed)?;
        self.remember(kept);
        tracing::info!(folder = %self.folder.display(), "a mail was put into the outbox");
        Ok(())
    }
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private_files::make_folder(folder)?;
    }
    // Under its own name it is complete from the first moment, for whoever watches the folder.
    let unfinished = path.with_extension("part");
    private_files::make_file(&unfinished)?.write_all(content)?;
    fs::rename(unfinished, path)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> MailerError {
    MailerError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use auth_domain::{
        ports::MailKind,
        redirect::RedirectPolicy,
        secret::Secret,
        testing::{FixedClock, SequentialIds},
        user::{EmailAddress, Locale},
    };

    fn outbox(folder: &Path) -> OutboxMailer {
        OutboxMailer::new(
            folder.join("outbox"),
            Arc::new(FixedClock::default()),
            Arc::new(SequentialIds::default()),
        )
    }

    fn mail(to: &str) -> Mail {
        let redirects = RedirectPolicy::new("http://localhost:3000", &[]).unwrap();
        let to = EmailAddress::parse(to).unwrap();
        Mail {
            kind: MailKind::VerifyEmail,
            email: to.clone(),
            to,
            locale: Locale::english(),
            display_name: "Ada".to_owned(),
            new_email: None,
            ticket: Secret::new("verifyEmail:x"),
            code: None,
            link: Some(Secret::new("https://auth.example.com/verify?ticket=x")),
            redirect_to: redirects.client_url(),
        }
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder.join("outbox")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[tokio::test]
    async fn every_mail_becomes_a_file_that_only_the_owner_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = outbox(folder.path());

        outbox.send(mail("ada@example.com")).await.unwrap();
        outbox.send(mail("bob@example.com")).await.unwrap();

        let files = files(folder.path());
        assert_eq!(files.len(), 2);
        for file in &files {
            let mode = fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let content: Value = serde_json::from_slice(&fs::read(&files[0]).unwrap()).unwrap();
        assert_eq!(content["template"], json!("email-verify"));
        assert_eq!(content["sentAt"], json!("2026-01-01T00:00:00Z"));
        assert_eq!(content["displayName"], json!("Ada"));
        assert_eq!(
            content["link"],
            json!("https://auth.example.com/verify?ticket=x")
        );
        assert_eq!(content["redirectTo"], json!("http://localhost:3000"));
    }

    #[tokio::test]
    async fn only_the_last_hundred_mails_stay_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = outbox(folder.path());

        for number in 0..=KEPT {
            let to = format!("user{number}@example.com");
            outbox.send(mail(&to)).await.unwrap();
        }

        let mails = outbox.mails();
        assert_eq!(mails.as_array().unwrap().len(), KEPT);
        assert_eq!(mails[0]["to"], json!("user1@example.com"));
        assert_eq!(files(folder.path()).len(), KEPT + 1);
    }

    #[tokio::test]
    async fn a_mail_that_cannot_be_written_is_not_accepted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("outbox"), "in the way").unwrap();
        let outbox = outbox(folder.path());

        assert!(outbox.send(mail("ada@example.com")).await.is_err());
        assert_eq!(outbox.mails(), json!([]));
    }
}
