use egress::EgressRules;
use tokio::net::TcpListener;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use super::*;
use crate::templates::tests::{mail, templates};

const KIND: MailKind = MailKind::SignInLink;

/// The subject of the local templates of these mails.
const LOCAL: &str = "Secure sign-in link";
const LOCAL_FRENCH: &str = "Lien de connexion sécurisé";

/// Allows requests to this machine, where the web servers of tests are.
fn this_machine() -> Vec<String> {
    vec!["127.0.0.1".to_owned()]
}

fn remote_with(url: &str, allowed_hosts: Vec<String>) -> RemoteTemplates {
    let settings = RemoteSettings {
        url: url.parse().unwrap(),
        default_locale: Locale::english(),
        site: Site {
            server_url: "https://auth.example.com".to_owned(),
            client_url: "https://app.example.com".to_owned(),
        },
        local: Arc::new(templates("en")),
    };
    let egress = Egress::new(EgressRules { allowed_hosts }).unwrap();
    RemoteTemplates::new(settings, egress)
}

fn remote(url: &str) -> RemoteTemplates {
    remote_with(url, this_machine())
}

async fn render(remote: &RemoteTemplates, locale: &str) -> Rendered {
    remote.render(&mail(KIND, locale)).await.unwrap()
}

async fn subject(remote: &RemoteTemplates, locale: &str) -> String {
    render(remote, locale).await.subject
}

async fn serve(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn text(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(text)
}

/// A server with a template in one language, and 404 for everything else.
async fn server_with(locale: &str) -> MockServer {
    let server = MockServer::start().await;
    let folder = format!("/{locale}/signin-passwordless");
    let subject = format!("Remote {locale} for ${{displayName}}");
    serve(&server, &format!("{folder}/subject.txt"), text(&subject)).await;
    let html = text("<p>${displayName} ${link}</p>");
    serve(&server, &format!("{folder}/body.html"), html).await;
    server
}

/// The paths that were asked for, in alphabetical order.
async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let mut paths: Vec<_> = requests
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    paths.sort();
    paths
}

async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_remote_template_comes_before_the_local_one() {
    let server = server_with("fr").await;
    let mut mail = mail(KIND, "fr");
    mail.display_name = "<Ada>".to_owned();

    let words = remote(&server.uri()).render(&mail).await.unwrap();

    assert_eq!(words.subject, "Remote fr for <Ada>");
    assert_eq!(
        words.html,
        "<p>&lt;Ada&gt; https://auth.example.com/verify?ticket=a&amp;type=b</p>"
    );
    assert_eq!(words.text, None);
    assert_eq!(
        asked(&server).await,
        ["body.html", "body.txt", "subject.txt"].map(|it| format!("/fr/signin-passwordless/{it}"))
    );
}

#[tokio::test]
async fn plain_text_is_used_where_there_is_some() {
    let server = server_with("en").await;
    let body = text("Hello ${displayName}");
    serve(&server, "/en/signin-passwordless/body.txt", body).await;

    let words = render(&remote(&server.uri()), "en").await;

    assert_eq!(words.text.as_deref(), Some("Hello Ada"));
}

#[tokio::test]
async fn a_language_without_a_remote_template_falls_back_to_the_default_one_there() {
    let server = server_with("en").await;

    let subject = subject(&remote(&server.uri()), "fr").await;

    assert_eq!(subject, "Remote en for Ada");
}

#[tokio::test]
async fn a_mail_without_a_remote_template_has_local_words_in_its_own_language() {
    let server = MockServer::start().await;
    let remote = remote(&server.uri());

    assert_eq!(subject(&remote, "fr").await, LOCAL_FRENCH);
    assert_eq!(subject(&remote, "en").await, LOCAL);
}

#[tokio::test]
async fn the_url_may_have_a_path_and_a_query() {
    for base in ["/mails?key=1", "/mails/?key=1"] {
        let server = MockServer::start().await;

        render(&remote(&format!("{}{base}", server.uri())), "en").await;

        for request in server.received_requests().await.unwrap() {
            let folder = "/mails/en/signin-passwordless/";
            assert!(request.url.path().starts_with(folder), "{}", request.url);
            assert_eq!(request.url.query(), Some("key=1"));
        }
    }
}

#[tokio::test]
async fn what_is_stored_as_a_locale_never_becomes_a_path_unless_it_is_one() {
    let server = server_with("en").await;
    let remote = remote(&server.uri());

    for locale in [
        "../x",
        "..",
        "en/../../x",
        "",
        "e\0",
        "%2e",
        "a?b",
        "eng",
        "é",
    ] {
        assert_eq!(subject(&remote, locale).await, "Remote en for Ada");
    }

    let asked = asked(&server).await;
    assert!(
        asked.iter().all(|path| path.starts_with("/en/")),
        "{asked:?}"
    );
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_template_is_fetched_once_in_five_minutes() {
    let server = server_with("en").await;
    let remote = remote(&server.uri());

    render(&remote, "en").await;
    pass(Duration::from_secs(299)).await;
    render(&remote, "en").await;
    let within = asked(&server).await.len();
    pass(Duration::from_secs(1)).await;
    render(&remote, "en").await;

    assert_eq!(within, 3);
    assert_eq!(asked(&server).await.len(), 6);
}

#[tokio::test]
async fn a_server_without_the_template_is_left_alone_for_half_a_minute() {
    let server = MockServer::start().await;
    let remote = remote(&server.uri());

    render(&remote, "en").await;
    pass(Duration::from_secs(29)).await;
    render(&remote, "en").await;
    let within = asked(&server).await.len();
    pass(Duration::from_secs(1)).await;
    render(&remote, "en").await;

    assert_eq!(within, 3);
    assert_eq!(asked(&server).await.len(), 6);
}

#[tokio::test]
async fn mails_at_the_same_time_share_one_fetch() {
    let server = server_with("en").await;
    let remote = Arc::new(remote(&server.uri()));

    let mails = (0..20).map(|_| {
        let remote = Arc::clone(&remote);
        tokio::spawn(async move { subject(&remote, "en").await })
    });
    for mail in mails.collect::<Vec<_>>() {
        assert_eq!(mail.await.unwrap(), "Remote en for Ada");
    }

    assert_eq!(asked(&server).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_costs_three_seconds_once_and_the_mail_has_local_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = remote(&format!("http://{}", listener.local_addr().unwrap()));
    let timed = async || {
        let begun = Instant::now();
        assert_eq!(subject(&remote, "fr").await, LOCAL_FRENCH);
        begun.elapsed()
    };

    // The language that was asked for uses up the whole deadline.
    let first = timed().await;
    // The default one was not asked for yet, so now it is.
    let second = timed().await;
    let third = timed().await;
    tokio::time::advance(Duration::from_secs(30)).await;
    let later = timed().await;

    let about = |waited: Duration| waited >= PATIENCE && waited < 2 * PATIENCE;
    assert!(about(first) && about(second) && about(later));
    assert!(third < Duration::from_secs(1), "{third:?}");
}

#[tokio::test]
async fn a_server_that_is_gone_leaves_local_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    assert_eq!(subject(&remote(&url), "en").await, LOCAL);
}

#[tokio::test]
async fn a_server_on_a_private_address_is_not_asked_unless_allowed() {
    let server = server_with("en").await;
    let remote = remote_with(&server.uri(), Vec::new());

    assert_eq!(subject(&remote, "en").await, LOCAL);
    assert!(asked(&server).await.is_empty());
}

#[tokio::test]
async fn no_other_status_than_200_is_a_template() {
    for status in [201, 204, 206, 301, 403, 500] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status)
            .insert_header("location", "/elsewhere")
            .set_body_string("Remote");
        Mock::given(any()).respond_with(answer).mount(&server).await;

        assert_eq!(
            subject(&remote(&server.uri()), "en").await,
            LOCAL,
            "{status}"
        );
        assert_eq!(asked(&server).await.len(), 3, "a redirect is not followed");
    }
}

#[tokio::test]
async fn plain_text_that_cannot_be_had_spoils_the_template() {
    let server = server_with("en").await;
    let broken = ResponseTemplate::new(500);
    serve(&server, "/en/signin-passwordless/body.txt", broken).await;

    assert_eq!(subject(&remote(&server.uri()), "en").await, LOCAL);
}

#[tokio::test]
async fn a_file_may_be_large_but_not_larger() {
    for (length, expected) in [(256 * 1024, "Remote"), (256 * 1024 + 1, LOCAL)] {
        let server = MockServer::start().await;
        let folder = "/en/signin-passwordless";
        serve(&server, &format!("{folder}/subject.txt"), text("Remote")).await;
        let page = text(&"x".repeat(length));
        serve(&server, &format!("{folder}/body.html"), page).await;

        assert_eq!(subject(&remote(&server.uri()), "en").await, expected);
    }
}

#[tokio::test]
async fn a_template_that_is_none_leaves_local_words() {
    for broken in [
        text("Hi ${surname}"),
        text("Hi ${displayName"),
        ResponseTemplate::new(200).set_body_bytes([0xff]),
    ] {
        let server = MockServer::start().await;
        let folder = "/en/signin-passwordless";
        serve(&server, &format!("{folder}/subject.txt"), broken).await;
        serve(&server, &format!("{folder}/body.html"), text("")).await;

        assert_eq!(subject(&remote(&server.uri()), "en").await, LOCAL);
    }
}

#[test]
fn a_failure_is_told_on_one_line_and_not_at_any_length() {
    let sources = crate::MailSources {
        subject: &format!("${{{}}}", "x\n".repeat(1000)),
        html: "",
        text: None,
    };
    let failure = Failure::from(crate::MailTemplate::parse(sources).unwrap_err());

    let story = failure.story();

    assert!(story.starts_with("the mail templates cannot be used subject.txt: `${x x x"));
    assert_eq!(story.len(), 500);
}

#[tokio::test]
async fn a_tag_of_the_installation_is_asked_for_before_its_language() {
    let server = server_with("pt-BR").await;
    let tags = ["pt-BR", "en"].map(|it| LanguageTag::parse(it).unwrap());
    let remote = remote(&server.uri()).tagged(&tags);

    assert_eq!(subject(&remote, "pt").await, "Remote pt-BR for Ada");
    assert!(
        asked(&server)
            .await
            .iter()
            .all(|it| it.starts_with("/pt-BR/"))
    );
    assert_eq!(subject(&remote, "fr").await, LOCAL_FRENCH);
}
