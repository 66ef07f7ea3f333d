//! The development outbox: mails and text messages are kept for people to look at instead of being
//! sent.

use std::{
    cmp::Reverse,
    collections::VecDeque,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::Cause,
    ports::{Clock, IdGenerator, Mail, Mailer, MailerError, SmsError, SmsSender, TextMessage},
};
use chrono::NaiveDateTime;
use http_api::{KeptMessage, Outbox, OutboxMessage};
use mail_templates::{MessageRenderer, MissingTemplate, SMS_TEMPLATE};
use serde::Serialize;
use serde_json::json;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::private_files;

/// How many messages are kept in memory.
const KEPT: usize = 100;

/// How many messages are kept in a folder: whoever can make a server send mail could fill its disk.
const KEPT_FILES: usize = 1000;

/// How many bytes they may take together, the last one aside.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;

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
    /// Its subject.
    pub(crate) subject: String,
    /// What it says, as HTML.
    pub(crate) html: String,
}

impl KeptMail {
    /// The code in place of a link or beside it.
    fn code_to_type(&self) -> Option<&str> {
        match &self.link {
            Some(_) => self.code.as_deref(),
            None => Some(&self.ticket),
        }
    }
}

/// One kept text message, in the form of its file.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptText {
    /// When it was handed over.
    sent_at: DateTime<Utc>,
    /// What it is about.
    template: &'static str,
    /// The number it goes to.
    to: String,
    /// The language it was asked for in.
    locale: String,
    /// The code to type.
    ticket: String,
    /// What it says.
    body: String,
}

/// One kept message.
#[derive(Serialize)]
#[serde(untagged)]
enum Kept {
    Mail(KeptMail),
    Text(KeptText),
}

impl Kept {
    fn sent_at(&self) -> DateTime<Utc> {
        match self {
            Self::Mail(mail) => mail.sent_at,
            Self::Text(text) => text.sent_at,
        }
    }

    /// What a person is shown of it.
    fn shown(&self) -> OutboxMessage {
        let sent_at = self.sent_at().format("%H:%M:%S UTC").to_string();
        match self {
            Self::Mail(mail) => OutboxMessage {
                sent_at,
                to: mail.to.clone(),
                subject: Some(mail.subject.clone()),
                link: mail.link.clone(),
                code: mail.code_to_type().map(str::to_owned),
                html: Some(mail.html.clone()),
                text: None,
            },
            Self::Text(text) => OutboxMessage {
                sent_at,
                to: text.to.clone(),
                code: Some(text.ticket.clone()),
                text: Some(text.body.clone()),
                ..OutboxMessage::default()
            },
        }
    }
}

/// Keeps messages in memory and in a folder.
pub(crate) struct OutboxMailer {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    renderer: Arc<dyn MessageRenderer>,
    kept: Mutex<VecDeque<Kept>>,
}

impl OutboxMailer {
    /// An outbox in `folder`, which is made with the first message.
    pub(crate) fn new(
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
    async fn keep(&self, message: Kept) -> Result<(), Cause> {
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

/// Writes a file that is complete from the first moment under its own name, for whoever watches the
/// folder. One of that name is replaced.
fn write(path: &Path, unfinished: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private_files::make_folder(folder)?;
    }
    private_files::make_file(unfinished)?.write_all(content)?;
    fs::rename(unfinished, path)
}

/// Removes the oldest messages from the outbox until at most `files` are left, and at most `bytes`
/// beside the newest. Whatever else is in the folder stays.
fn remove_oldest(folder: &Path, files: usize, bytes: u64) -> io::Result<()> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_message) {
            messages.push(entry);
        }
    }
    messages.sort_by_key(|it| Reverse(it.file_name()));
    let mut total = 0_u64;
    for (newer, message) in messages.iter().enumerate() {
        // Another message may have had it removed in the meantime.
        let Ok(metadata) = message.metadata() else {
            continue;
        };
        total = total.saturating_add(metadata.len());
        if newer >= files || (newer > 0 && total > bytes) {
            match fs::remove_file(message.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a file is named as [`OutboxMailer::keep`] names its own, finished or not: after their
/// moment, so that names sort as time does.
fn is_message(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let Some((moment, id)) = stem.split_once("Z-") else {
        return false;
    };
    matches!(extension, "json" | "part")
        && NaiveDateTime::parse_from_str(moment, "%Y%m%dT%H%M%S%.f").is_ok()
        && Uuid::try_parse(id).is_ok()
}

/// The text messages of the provider `dev`: kept in the outbox, and perhaps in a folder for scripts
/// that wait for a code.
pub(crate) struct DevSmsSender {
    outbox: Arc<OutboxMailer>,
    renderer: Arc<dyn MessageRenderer>,
    folder: Option<PathBuf>,
    /// The files there that this process wrote, the one that was written last at the end. Those of
    /// others are not ours to remove.
    files: Mutex<VecDeque<PathBuf>>,
}

impl DevSmsSender {
    /// A sender that has kept nothing yet. `folder` is made with the first message.
    pub(crate) fn new(
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
                // Whoever watches the folder may have taken it away.
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

    /// Remembers that a file was written; the one that has to go for it, if there are too many.
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

/// The name of a number's file: whatever else than digits, letters, `+` and `-` could lead out of
/// the folder.
fn file_name(number: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "+-".contains(it);
    let name = number.replace(|it| !is_plain(it), "_");
    format!("{name}.txt")
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
        user::{EmailAddress, Locale, PhoneNumber},
    };
    use mail_templates::{Site, TemplateSettings, Templates};
    use serde_json::Value;

    fn outbox(folder: &Path) -> OutboxMailer {
        OutboxMailer::new(
            folder.join("outbox"),
            Arc::new(FixedClock::default()),
            Arc::new(SequentialIds::default()),
            renderer(),
        )
    }

    fn renderer() -> Arc<dyn MessageRenderer> {
        let templates = Templates::load(TemplateSettings {
            folder: None,
            default_locale: Locale::english(),
            site: Site {
                server_url: String::new(),
                client_url: String::new(),
            },
        });
        Arc::new(templates.unwrap())
    }

    /// What programs are given.
    fn data(outbox: &OutboxMailer) -> Vec<Value> {
        outbox.messages().into_iter().map(|it| it.data).collect()
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
        assert!(content["html"].as_str().unwrap().contains("ticket=x"));
    }

    #[tokio::test]
    async fn people_are_shown_what_there_is_to_follow_and_to_type() {
        let folder = tempfile::tempdir().unwrap();
        let sender = sender(folder.path(), None);
        let outbox = &sender.outbox;
        let link = mail("ada@example.com");
        let code = Mail {
            kind: MailKind::SignInCode,
            ticket: Secret::new("123456"),
            link: None,
            ..link.clone()
        };

        outbox.send(link).await.unwrap();
        outbox.send(code).await.unwrap();
        sender.send(text("+41790000000", "654321")).await.unwrap();

        let shown: Vec<_> = outbox.messages().into_iter().map(|it| it.shown).collect();
        let codes = [None, Some("123456"), Some("654321")];
        assert_eq!([0, 1, 2].map(|it| shown[it].code.as_deref()), codes);
        assert!(shown[0].link.as_ref().unwrap().ends_with("ticket=x"));
        assert!(shown[0].subject.is_some() && shown[2].subject.is_none());
        assert!(shown[2].text.as_ref().unwrap().contains("654321"));
    }

    #[tokio::test]
    async fn only_the_last_hundred_mails_stay_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = outbox(folder.path());

        for number in 0..=KEPT {
            let to = format!("user{number}@example.com");
            outbox.send(mail(&to)).await.unwrap();
        }

        let mails = data(&outbox);
        assert_eq!(mails.len(), KEPT);
        assert_eq!(mails[0]["to"], json!("user1@example.com"));
        assert_eq!(files(folder.path()).len(), KEPT + 1);
    }

    /// Messages of these sizes, the oldest first, and what of them is left.
    fn left_of(sizes: &[usize], files: usize, bytes: u64) -> Vec<usize> {
        let folder = tempfile::tempdir().unwrap();
        for (number, size) in sizes.iter().enumerate() {
            let id = Uuid::from_u128(u128::MAX - u128::try_from(number).unwrap());
            let name = format!("20260101T0000{number:02}.000000Z-{id}.json");
            fs::write(folder.path().join(name), "x".repeat(*size)).unwrap();
        }
        for other in ["notes.json", "20260101T000000.000000Z-x.json", "keep.part"] {
            fs::write(folder.path().join(other), "x".repeat(100)).unwrap();
        }

        remove_oldest(folder.path(), files, bytes).unwrap();

        assert!(folder.path().join("notes.json").exists());
        assert!(
            folder
                .path()
                .join("20260101T000000.000000Z-x.json")
                .exists()
        );
        assert!(folder.path().join("keep.part").exists());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(Result::unwrap)
            .filter(|it| is_message(it.file_name().to_str().unwrap()))
            .collect();
        left.sort_by_key(fs::DirEntry::file_name);
        let size = |it: fs::DirEntry| usize::try_from(it.metadata().unwrap().len()).unwrap();
        left.into_iter().map(size).collect()
    }

    #[test]
    fn the_oldest_messages_leave_the_folder_once_there_are_too_many_or_too_large_ones() {
        assert_eq!(left_of(&[1, 2, 3], 3, 100), [1, 2, 3]);
        assert_eq!(left_of(&[1, 2, 3], 2, 100), [2, 3]);
        assert_eq!(left_of(&[1, 2, 3], 3, 5), [2, 3]);
        assert_eq!(left_of(&[50, 50, 50], 3, 99), [50]);
        // The last one stays, however large it is: somebody waits for it.
        assert_eq!(left_of(&[1, 200], 3, 100), [200]);
        assert_eq!(left_of(&[], 3, 100), [0; 0]);
    }

    #[tokio::test]
    async fn the_folder_of_the_outbox_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = outbox(folder.path());
        outbox.send(mail("last@example.com")).await.unwrap();
        let kept = folder.path().join("outbox");
        for number in 0..2 * KEPT_FILES {
            let id = Uuid::from_u128(u128::try_from(number).unwrap());
            let name = format!("20250101T000000.000000Z-{id}.json");
            fs::write(kept.join(name), "{}").unwrap();
        }

        outbox.send(mail("ada@example.com")).await.unwrap();

        let files = files(folder.path());
        assert_eq!(files.len(), KEPT_FILES);
        let of_today = files
            .iter()
            .filter(|it| it.to_str().unwrap().contains("/20260101T"));
        assert_eq!(of_today.count(), 2);
    }

    #[tokio::test]
    async fn the_files_of_numbers_do_not_grow_without_end_and_those_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("texts");
        let sender = sender(folder.path(), Some(&output));
        sender.send(text("+41790000000", "111111")).await.unwrap();
        fs::write(output.join("+1.txt"), "of somebody else").unwrap();

        // As if it had written to as many numbers as it keeps.
        let written = (1..KEPT_FILES).map(|it| output.join(format!("{it}.txt")));
        sender.files.lock().unwrap().extend(written);
        sender.send(text("+41790000001", "222222")).await.unwrap();

        let exists = |name: &str| output.join(name).exists();
        assert!(!exists("+41790000000.txt"));
        assert!(exists("+41790000001.txt") && exists("+1.txt"));
        assert_eq!(sender.files.lock().unwrap().len(), KEPT_FILES);
    }

    fn sender(folder: &Path, output: Option<&Path>) -> DevSmsSender {
        let outbox = Arc::new(outbox(folder));
        DevSmsSender::new(outbox, renderer(), output.map(Path::to_owned))
    }

    fn text(to: &str, code: &str) -> TextMessage {
        TextMessage {
            to: PhoneNumber::parse(to).unwrap(),
            locale: Locale::english(),
            code: Secret::new(code),
        }
    }

    #[tokio::test]
    async fn text_messages_are_kept_beside_mails() {
        let folder = tempfile::tempdir().unwrap();
        let sender = sender(folder.path(), None);

        sender.outbox.send(mail("ada@example.com")).await.unwrap();
        sender.send(text("+41790000000", "123456")).await.unwrap();

        let kept = data(&sender.outbox);
        assert_eq!(kept[0]["to"], json!("ada@example.com"));
        assert_eq!(kept[1]["template"], json!("signin-passwordless-sms"));
        assert_eq!(kept[1]["to"], json!("+41790000000"));
        assert_eq!(kept[1]["ticket"], json!("123456"));
        assert!(kept[1]["body"].as_str().unwrap().contains("123456"));
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[tokio::test]
    async fn the_last_message_to_a_number_is_a_file_that_cannot_be_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("texts");
        let sender = sender(folder.path(), Some(&output));

        for (to, code) in [
            ("+41790000000", "111111"),
            ("+41790000000", "222222"),
            ("../../etc/passwd", "333333"),
            ("/etc/x\\y", "444444"),
            ("..", "555555"),
        ] {
            sender.send(text(to, code)).await.unwrap();
        }

        let mut names: Vec<_> = fs::read_dir(&output)
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let expected = [
            "+41790000000.txt",
            "__.txt",
            "______etc_passwd.txt",
            "_etc_x_y.txt",
        ];
        assert_eq!(names, expected);
        let last = fs::read_to_string(output.join("+41790000000.txt")).unwrap();
        assert!(last.contains("222222"), "{last}");
    }

    #[tokio::test]
    async fn a_mail_that_cannot_be_written_is_not_accepted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("outbox"), "in the way").unwrap();
        let outbox = outbox(folder.path());

        assert!(outbox.send(mail("ada@example.com")).await.is_err());
        assert!(outbox.messages().is_empty());
    }
}
