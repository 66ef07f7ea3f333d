use auth_domain::{ports::MailKind, redirect::RedirectPolicy, user::EmailAddress};

use super::*;
use crate::{MailSources, MailTemplate, built_in::LANGUAGES, code_notice};

const LINK: &str = "https://auth.example.com/verify?ticket=a&type=b";
const CODE: &str = "012345";

fn site() -> Site {
    Site {
        server_url: "https://auth.example.com".to_owned(),
        client_url: "https://app.example.com".to_owned(),
    }
}

pub(crate) fn templates(default_locale: &str) -> Templates {
    Templates::load(TemplateSettings {
        folder: None,
        default_locale: Locale::parse(default_locale).unwrap(),
        site: site(),
    })
    .unwrap()
}

pub(crate) fn mail(kind: MailKind, locale: &str) -> Mail {
    let email = |text| EmailAddress::parse(text).unwrap();
    let has_code = matches!(kind, MailKind::SignInCode | MailKind::ElevationCode);
    Mail {
        kind,
        to: email("ada@example.com"),
        locale: Locale::from_stored(locale.to_owned()),
        display_name: "Ada".to_owned(),
        email: email("ada@example.com"),
        new_email: Some(email("lovelace@example.com")),
        code: None,
        ticket: Secret::new(CODE),
        link: (!has_code).then(|| Secret::new(LINK)),
        redirect_to: RedirectPolicy::new("https://app.example.com/x?y=1&z", &[])
            .unwrap()
            .client_url(),
    }
}

fn subject(templates: &Templates, locale: &str) -> String {
    let mail = mail(MailKind::SignInLink, locale);
    templates.render_mail(&mail).unwrap().subject
}

#[test]
fn every_language_words_every_mail() {
    let templates = templates("en");
    for language in &LANGUAGES {
        for kind in MailKind::ALL {
            let mail = mail(kind, language.locale);

            let rendered = templates.render_mail(&mail).unwrap();

            let text = rendered.text.unwrap();
            let (in_html, in_text) = match &mail.link {
                Some(_) => (
                    "href=\"https://auth.example.com/verify?ticket=a&amp;type=b\"",
                    LINK,
                ),
                None => (CODE, CODE),
            };
            assert!(
                rendered.html.contains(in_html),
                "{kind:?} {}",
                rendered.html
            );
            assert!(
                text.contains(in_text) && text.contains("Ada"),
                "{kind:?} {text}"
            );
            assert!(!rendered.subject.is_empty());
            assert!(
                !rendered.subject.contains(CODE),
                "a subject is shown on locked screens"
            );
        }
    }
}

#[test]
fn a_code_in_place_of_the_link_is_told_in_every_language_and_only_where_there_is_one() {
    let templates = templates("en");
    for language in &LANGUAGES {
        for kind in MailKind::ALL {
            let without = mail(kind, language.locale);
            let with = Mail {
                code: Some(Secret::new("314159")),
                ..without.clone()
            };
            let told = templates.render_mail(&with).unwrap();
            let silent = templates.render_mail(&without).unwrap();

            let place = (language.locale, kind);
            let is_told = with.link.is_some();
            assert_eq!(
                told.html.matches("314159</p>").count(),
                usize::from(is_told),
                "{place:?}"
            );
            let text = told.text.unwrap();
            assert_eq!(
                text.matches(" 314159\n").count(),
                usize::from(is_told),
                "{place:?}"
            );
            assert!(!silent.html.contains("<p></p>"), "{place:?}");
            let sentence = code_notice::sentence(language.locale);
            assert!(!silent.text.unwrap().contains(sentence), "{place:?}");
        }
    }
}

#[test]
fn built_in_pages_name_their_language_and_load_nothing() {
    for language in &LANGUAGES {
        for (kind, sources) in language.mails {
            let place = format!("{}/{}", language.locale, kind.template());
            let tag = format!("<html lang=\"{}\">", language.locale);
            assert!(sources.html.contains(&tag), "{place}");
            for loading in ["src=", "url(", "<link", "<script", "@import"] {
                assert!(!sources.html.contains(loading), "{place} has {loading}");
            }
        }
    }
}

#[test]
fn built_in_templates_are_listed_under_their_own_names() {
    for language in &LANGUAGES {
        let kinds = language.mails.map(|(kind, _)| kind);
        assert_eq!(kinds, MailKind::ALL, "{}", language.locale);
    }
}

#[test]
fn subjects_are_those_that_clients_of_hasura_auth_test_for() {
    let templates = templates("en");

    assert_eq!(subject(&templates, "en"), "Secure sign-in link");
    assert_eq!(subject(&templates, "fr"), "Lien de connexion sécurisé");
}

#[test]
fn a_language_without_a_template_falls_back_to_the_default_one() {
    let french = templates("fr");
    for locale in ["xx", "EN", "../en", "en/", "", "\0", &"e".repeat(300)] {
        assert_eq!(
            subject(&french, locale),
            "Lien de connexion sécurisé",
            "{locale:?}"
        );
    }
}

#[test]
fn a_default_language_without_a_template_falls_back_to_english() {
    assert_eq!(subject(&templates("xx"), "yy"), "Secure sign-in link");
}

#[test]
fn the_text_message_has_the_code() {
    let templates = templates("en");
    let text = |locale: &str| {
        let locale = Locale::from_stored(locale.to_owned());
        templates.render_sms(&locale, &Secret::new(CODE)).unwrap()
    };

    assert_eq!(text("en"), "Your sign-in code is 012345.");
    assert_eq!(text("de"), "Ihr Anmeldecode lautet 012345.");
    assert_eq!(text("../de"), "Your sign-in code is 012345.");
}

fn own(subject: &str, html: &str, text: &str) -> MailTemplate {
    MailTemplate::parse(MailSources {
        subject,
        html,
        text: Some(text),
    })
    .unwrap()
}

#[test]
fn every_variable_of_hasura_auth_is_filled_in() {
    let all = "${link}|${displayName}|${email}|${newEmail}|${ticket}|${redirectTo}|${locale}|\
               ${serverUrl}|${clientUrl}";

    let rendered = own(all, all, all).render(&mail(MailKind::VerifyEmail, "xx"), "fr", &site());

    let plain = "https://auth.example.com/verify?ticket=a&type=b|Ada|ada@example.com|\
                 lovelace@example.com|012345|https://app.example.com/x?y=1&z|fr|\
                 https://auth.example.com|https://app.example.com";
    assert_eq!(rendered.subject, plain);
    assert_eq!(rendered.text.as_deref(), Some(plain));
    assert_eq!(rendered.html, plain.replace('&', "&amp;"));
}

#[test]
fn values_in_the_query_of_a_url_are_percent_encoded() {
    let link = "${serverUrl}/verify?&ticket=${ticket}&type=emailVerify&redirectTo=${redirectTo}";
    let html = format!("<a href=\"{link}\">${{redirectTo}}</a> <a href=\"${{link}}\"></a>");
    let text =
        format!("{link} ${{redirectTo}} https://x.io/?mail=${{email}} https://x.io/?u=${{link}}");

    let rendered = own("", &html, &text).render(&mail(MailKind::VerifyEmail, "en"), "en", &site());

    let link = "https://auth.example.com/verify?&ticket=012345&type=emailVerify\
                &redirectTo=https%3A%2F%2Fapp.example.com%2Fx%3Fy%3D1%26z";
    let (redirect_to, built_in) = ("https://app.example.com/x?y=1&z", LINK);
    assert_eq!(
        rendered.text.unwrap(),
        format!(
            "{link} {redirect_to} https://x.io/?mail=ada%40example.com https://x.io/?u={built_in}"
        )
    );
    assert_eq!(
        rendered.html,
        format!(
            "<a href=\"{link}\">{}</a> <a href=\"{}\"></a>",
            redirect_to.replace('&', "&amp;"),
            built_in.replace('&', "&amp;")
        )
    );
}

#[test]
fn what_is_not_known_is_filled_in_with_nothing() {
    let mut mail = mail(MailKind::SignInCode, "en");
    mail.new_email = None;

    let rendered = own("[${newEmail}${link}]", "", "").render(&mail, "en", &site());

    assert_eq!(rendered.subject, "[]");
}

#[test]
fn a_display_name_is_neither_markup_nor_a_template_nor_a_line() {
    let mut mail = mail(MailKind::SignInLink, "en");
    mail.display_name = "<b>\"${link}'&\r\nBcc: x\0".to_owned();

    let own = own(
        "${displayName}\n",
        "<p>${displayName}</p>",
        "${displayName}!",
    );
    let rendered = own.render(&mail, "en", &site());

    assert_eq!(rendered.subject, "<b>\"${link}'& Bcc: x");
    assert_eq!(
        rendered.html,
        "<p>&lt;b&gt;&quot;${link}&#39;&amp;  Bcc: x </p>"
    );
    assert_eq!(rendered.text.as_deref(), Some("<b>\"${link}'&  Bcc: x !"));
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let own = own("\u{feff}Hello", "\u{feff}<p>", "");

    let rendered = own.render(&mail(MailKind::SignInLink, "en"), "en", &site());

    assert_eq!(
        (rendered.subject.as_str(), rendered.html.as_str()),
        ("Hello", "<p>")
    );
}

#[test]
fn the_debug_form_of_a_mail_in_words_shows_none_of_them() {
    let rendered = templates("en").render_mail(&mail(MailKind::SignInLink, "en"));

    assert_eq!(format!("{rendered:?}"), "Ok(Rendered(***))");
}
