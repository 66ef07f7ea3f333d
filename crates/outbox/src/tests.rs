//! Tests of retention: what is kept, and for how long.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use auth_domain::{
    ports::{Mail, MailKind, Mailer, SmsSender, TextMessage},
    redirect::RedirectPolicy,
    secret::Secret,
    testing::{FixedClock, SequentialIds},
    user::{EmailAddress, Locale, PhoneNumber},
};
use http_api::Outbox;
use mail_templates::{MessageRenderer, Site, TemplateSettings, Templates};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    DevSmsSender, OutboxMailer,
    folder::{KEPT_FILES, is_message, remove_oldest},
    mailer::KEPT,
};

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

/// Retention for messages of these sizes, the oldest first: what is left of them.
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
    // The newest message stays, however large it is: a user waits for it.
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
