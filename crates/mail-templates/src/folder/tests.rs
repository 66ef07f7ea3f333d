use std::fs;

use auth_domain::user::LanguageTag;
use tempfile::TempDir;

use super::*;
use crate::{InvalidTemplates, Rendered, Site, TemplateSettings, Templates};

/// A folder of files with their content.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, content) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn load(path: &Path) -> Result<Templates, InvalidTemplates> {
    Templates::load(TemplateSettings {
        folder: Some(path.to_owned()),
        default_locale: Locale::english(),
        site: Site {
            server_url: String::new(),
            client_url: String::new(),
        },
    })
}

fn rendered(templates: &Templates, kind: MailKind, locale: &str) -> Rendered {
    let mail = crate::templates::tests::mail(kind, locale);
    templates.render_mail(&mail).unwrap()
}

/// What is wrong with a folder, without the part of the paths that differs from run to run.
fn problems(folder: &TempDir) -> Vec<String> {
    let invalid = load(folder.path()).unwrap_err();
    let prefix = format!("{}/", folder.path().display());
    let told = invalid.problems.iter();
    told.map(|problem| problem.to_string().replace(&prefix, ""))
        .collect()
}

#[test]
fn a_folder_made_for_hasura_auth_is_used_as_it_is() {
    let folder = folder(&[
        ("en/email-verify/subject.txt", "Hi ${displayName}\n"),
        ("en/email-verify/body.html", "<a href=\"${link}\">x</a>"),
        ("en/signin-passwordless-sms/body.txt", "Code: ${code}\n"),
        ("test/email-verify/subject.txt", "${whatever}"),
        ("en/email-verify/notes.md", "${whatever}"),
        ("en/some-other-mail/body.html", "${whatever}"),
        (".git/en/body.html", "${whatever}"),
        ("README.md", "${whatever}"),
    ]);

    let templates = load(folder.path()).unwrap();

    let own = rendered(&templates, MailKind::VerifyEmail, "en");
    assert_eq!(own.subject, "Hi Ada");
    assert!(
        own.html
            .starts_with("<a href=\"https://auth.example.com/verify")
    );
    assert_eq!(own.text, None);
    let code = auth_domain::secret::Secret::new("42");
    let sms = templates.render_sms(&Locale::english(), &code).unwrap();
    assert_eq!(sms, "Code: 42");
}

#[test]
fn what_the_folder_does_not_have_stays_built_in() {
    let folder = folder(&[
        ("en/email-verify/subject.txt", "Own"),
        ("en/email-verify/body.html", "own"),
        ("ja/email-verify/subject.txt", "自分の"),
        ("ja/email-verify/body.html", "自分の"),
    ]);

    let templates = load(folder.path()).unwrap();

    let subject = |kind, locale| rendered(&templates, kind, locale).subject;
    assert_eq!(subject(MailKind::VerifyEmail, "en"), "Own");
    assert_eq!(subject(MailKind::VerifyEmail, "ja"), "自分の");
    assert_eq!(subject(MailKind::VerifyEmail, "xx"), "Own");
    assert_eq!(subject(MailKind::SignInLink, "en"), "Secure sign-in link");
    assert_eq!(subject(MailKind::SignInLink, "ja"), "Secure sign-in link");
    assert_eq!(
        subject(MailKind::VerifyEmail, "fr"),
        "Vérifiez votre adresse e-mail"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let folder = folder(&[
        ("de/password-reset/body.html", "${linc} ${link"),
        ("en/email-verify/subject.txt", "${display_name}"),
        ("en/email-verify/body.html", "fine"),
        ("en/email-verify/body.txt", "${codes}"),
        ("en/signin-otp/body.txt", "fine"),
        ("en/signin-passwordless-sms/body.txt", "${link}"),
        ("fr/signin-passwordless-sms/body.html", "fine"),
    ]);
    let known = "link, displayName, email, newEmail, ticket, code, codeNotice, redirectTo, locale, \
                 serverUrl, clientUrl";

    let told = problems(&folder);

    assert_eq!(
        told,
        [
            "de/password-reset/subject.txt: is missing".to_owned(),
            format!("de/password-reset/body.html: `${{linc}}` is unknown; there are {known}"),
            "de/password-reset/body.html: a `${` has no `}`".to_owned(),
            format!(
                "en/email-verify/subject.txt: `${{display_name}}` is unknown; there are {known}"
            ),
            format!("en/email-verify/body.txt: `${{codes}}` is unknown; there are {known}"),
            "en/signin-otp/subject.txt: is missing".to_owned(),
            "en/signin-otp/body.html: is missing".to_owned(),
            "en/signin-passwordless-sms/body.txt: `${link}` is unknown; there are code".to_owned(),
            "fr/signin-passwordless-sms/body.txt: is missing".to_owned(),
        ]
    );
}

#[test]
fn what_is_not_utf_8_is_told() {
    let folder = folder(&[("en/email-verify/subject.txt", "fine")]);
    fs::write(folder.path().join("en/email-verify/body.html"), b"\xff\xfe").unwrap();

    let told = problems(&folder);

    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("en/email-verify/body.html: cannot be read"),
        "{told:?}"
    );
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let invalid = load(Path::new("/nowhere/at/all")).unwrap_err().to_string();

    assert!(
        invalid.contains("/nowhere/at/all: cannot be read"),
        "{invalid}"
    );
}

#[test]
fn a_language_with_a_tag_has_the_folder_of_the_tag_first_and_then_that_of_the_language() {
    let folder = folder(&[
        ("pt-BR/email-verify/subject.txt", "Brasil ${locale}"),
        ("pt-BR/email-verify/body.html", "x"),
        ("pt/email-verify/subject.txt", "Portugal"),
        ("pt/email-verify/body.html", "x"),
        ("pt/password-reset/subject.txt", "Senha"),
        ("pt/password-reset/body.html", "x"),
        ("pt-PT/email-verify/subject.txt", "${whatever}"),
        ("en-US/email-verify/subject.txt", "America"),
        ("en-US/email-verify/body.html", "x"),
    ]);
    let tags: Vec<_> = ["en-US", "pt-BR", "fr"]
        .into_iter()
        .map(|it| LanguageTag::parse(it).unwrap())
        .collect();
    let settings = TemplateSettings {
        folder: Some(folder.path().to_owned()),
        default_locale: Locale::english(),
        site: Site {
            server_url: String::new(),
            client_url: String::new(),
        },
    };

    let templates = Templates::load_tagged(settings, &tags).unwrap();

    let subject = |kind, locale| rendered(&templates, kind, locale).subject;
    assert_eq!(subject(MailKind::VerifyEmail, "pt"), "Brasil pt-BR");
    assert_eq!(subject(MailKind::ResetPassword, "pt"), "Senha");
    assert_eq!(subject(MailKind::VerifyEmail, "en"), "America");
    assert_eq!(subject(MailKind::VerifyEmail, "xx"), "America");
    assert_ne!(subject(MailKind::ResetPassword, "en"), "Senha");
}
