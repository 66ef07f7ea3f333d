//! Signing in with a third-party OpenID provider. Needs `scripts/with-openid-provider`.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Database, PASSWORD, Server, ServerBuilder, http_client, on_both_databases,
    parameter, told,
};

const SIGN_IN: &str = "/signin/provider/c:panva";
const SECRET: &str = "our-secret-of-many-characters";

fn issuer() -> String {
    told("TEST_OPENID_ISSUER")
}

/// A server that knows the provider, by a client secret and with one member of its settings different.
fn server_with(database: &Database, member: &str, value: Value) -> ServerBuilder {
    let mut provider = json!({
        "type": "oidc",
        "clientId": "our-client",
        "clientSecret": SECRET,
        "issuer": issuer(),
        "scopes": ["openid", "email", "profile"],
    });
    provider[member] = value;
    ServerBuilder::new(database)
        .set(
            "AUTH_PROVIDER_CUSTOM",
            &json!({ "panva": provider }).to_string(),
        )
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
}

pub(crate) fn server(database: &Database) -> ServerBuilder {
    server_with(database, "type", json!("oidc"))
}

/// A browser at the provider: signs in there, consents, and comes back with this query.
async fn agree(client: &Client, sent: Url, name: &str) -> String {
    let browser = Browser::default();
    let get = async |url: Url| browser.send(client.get(url)).await;
    let post = async |url: Url, form: String| {
        let request = client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        browser.send(request.body(form)).await
    };
    let login = leads_to(&get(sent).await);
    let after_login = leads_to(&post(login, format!("prompt=login&login={name}&password=x")).await);
    let consent = leads_to(&get(after_login).await);
    let after_consent = leads_to(&post(consent, "prompt=consent".to_owned()).await);
    let back = leads_to(&get(after_consent).await);
    assert_eq!(back.path(), format!("{SIGN_IN}/callback"));
    back.query().unwrap().to_owned()
}

/// The target of a redirect of the provider, which sends 303 for 302.
#[track_caller]
fn leads_to(answer: &Answer) -> Url {
    assert!((302..=303).contains(&answer.status), "{answer:?}");
    let provider = Url::parse(&issuer()).unwrap();
    provider.join(answer.header("location")).unwrap()
}

/// A user signs in at the provider; the URL that the browser ends at.
async fn visit(server: &Server, name: &str) -> Url {
    let browser = Browser::default();
    let sent = browser.get(server, SIGN_IN).await.location();
    let back = agree(&http_client(), sent, name).await;
    browser
        .get(server, &format!("{SIGN_IN}/callback?{back}"))
        .await
        .location()
}

async fn session(server: &Server, name: &str) -> Value {
    let url = visit(server, name).await;
    let token = parameter(&url, "refreshToken");
    let token = token.unwrap_or_else(|| panic!("nobody was signed in: {url}"));
    server.refresh(&json!(token)).await.expect(200)
}

on_both_databases! {
    async fn somebody_signs_up_and_in_again(database) {
        let server = server(&database).start().await;

        let first = session(&server, "ada").await;
        let second = session(&server, "ada").await;

        let user = &first["user"];
        assert_eq!(user["email"], "ada@example.com");
        assert_eq!(user["emailVerified"], false);
        assert_eq!(user["displayName"], "ada of the tests");
        assert_eq!(user["avatarUrl"], "https://pictures.example.com/ada");
        assert_eq!(user["id"], second["user"]["id"]);
        let links = "SELECT count(*) AS count FROM auth.user_providers \
                     WHERE provider_id = 'c:panva' AND provider_user_id = 'ada'";
        assert_eq!(database.count(links).await, 1);
    }

    async fn a_checked_address_leads_to_its_account_where_the_provider_is_trusted(database) {
        let plain = server(&database).start().await;
        let trusting = server(&database).set("AUTH_PROVIDER_TRUSTED_EMAILS", "c:panva");
        let trusting = trusting.start().await;
        let known = plain.sign_up("ada@example.com").await;

        let url = visit(&plain, "ada").await;
        let arrived = session(&trusting, "ada").await;

        assert_eq!(parameter(&url, "error").as_deref(), Some("email-already-in-use"));
        assert_eq!(arrived["user"]["id"], known["user"]["id"]);
        assert_eq!(arrived["user"]["emailVerified"], true);
    }

    async fn an_address_that_nobody_checked_leads_to_no_account(database) {
        let server = server(&database).set("AUTH_PROVIDER_TRUSTED_EMAILS", "c:panva");
        let server = server.start().await;
        let name = "unchecked-ada@example.com";
        server.sign_up(name).await;

        let url = visit(&server, "unchecked-ada").await;

        assert_eq!(parameter(&url, "error").as_deref(), Some("email-already-in-use"));
        server.sign_in(name, PASSWORD).await.expect(200);
    }

    async fn somebody_who_does_not_agree_comes_back_with_an_error(database) {
        let server = server(&database).start().await;
        let browser = Browser::default();
        let mut sent = browser.get(&server, SIGN_IN).await.location();
        sent.query_pairs_mut().append_pair("prompt", "none");

        let back = leads_to(&Browser::default().send(http_client().get(sent)).await);
        let path = format!("{SIGN_IN}/callback?{}", back.query().unwrap());
        let url = browser.get(&server, &path).await.location();

        assert_eq!(parameter(&url, "error").as_deref(), Some("oauth-provider-error"));
        assert_eq!(parameter(&url, "provider_error").as_deref(), Some("login_required"));
    }

    async fn a_code_is_good_for_its_own_flow_alone(database) {
        let server = server(&database).start().await;
        let (victim, attacker) = (Browser::default(), Browser::default());
        let sent = victim.get(&server, SIGN_IN).await.location();
        let back = agree(&http_client(), sent, "ada").await;
        let other = attacker.get(&server, SIGN_IN).await.location();
        let stolen: Vec<_> = back.split('&').filter(|it| !it.starts_with("state=")).collect();
        let state = parameter(&other, "state").unwrap();

        let path = format!("{SIGN_IN}/callback?{}&state={state}", stolen.join("&"));
        let url = attacker.get(&server, &path).await.location();

        assert_eq!(parameter(&url, "error").as_deref(), Some("oauth-token-echange-failed"));
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 0);
    }

    async fn a_wrong_secret_signs_nobody_in(database) {
        let server = server_with(&database, "clientSecret", json!("wrong")).start().await;

        let url = visit(&server, "ada").await;

        assert_eq!(parameter(&url, "error").as_deref(), Some("oauth-token-echange-failed"));
        assert!(!server.output().contains("wrong"), "{}", server.output());
    }

    async fn another_issuer_than_was_expected_is_not_asked(database) {
        let elsewhere = issuer().replace("127.0.0.1", "localhost");
        let server = server_with(&database, "issuer", json!(elsewhere))
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1,localhost")
            .start()
            .await;

        let url = server.get(SIGN_IN).await.location();

        assert_eq!(parameter(&url, "error").as_deref(), Some("internal-server-error"));
        server.printed("calls itself something else").await;
    }
}
