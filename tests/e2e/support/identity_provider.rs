//! A fake of GitHub's sign-in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::{
    Answer, Browser, Database, Server, ServerBuilder, WebService, browser::parameter,
    web_service::Received,
};

const CLIENT_ID: &str = "our-client";
const CLIENT_SECRET: &str = "our secret";

/// The provider, and the users who have an account there.
pub(crate) struct GitHub {
    service: WebService,
    people: Arc<Mutex<HashMap<String, Account>>>,
    asked: Mutex<u32>,
}

/// The provider's data about a user who consented.
#[derive(Clone)]
struct Account {
    profile: Value,
    addresses: Value,
    challenge: Option<String>,
}

/// A user with an account there.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) profile: Value,
    pub(crate) addresses: Value,
}

impl Member {
    /// A user with this id and address.
    pub(crate) fn new(id: u64, email: &str, is_verified: bool) -> Self {
        Self {
            profile: json!({ "id": id, "login": "ada", "name": "Ada Lovelace" }),
            addresses: json!([{ "email": email, "primary": true, "verified": is_verified }]),
        }
    }
}

impl GitHub {
    pub(crate) async fn start() -> Self {
        let people = Arc::new(Mutex::new(HashMap::new()));
        let known = Arc::clone(&people);
        let service = WebService::start(move |request| answer(&known.lock().unwrap(), request));
        Self {
            service: service.await,
            people,
            asked: Mutex::default(),
        }
    }

    /// A server with this provider.
    pub(crate) fn server(&self, database: &Database) -> ServerBuilder {
        let url = |path: &str| format!("{}{path}", self.service.url());
        ServerBuilder::new(database)
            .set("AUTH_PROVIDER_GITHUB_ENABLED", "true")
            .set("AUTH_PROVIDER_GITHUB_CLIENT_ID", CLIENT_ID)
            .set("AUTH_PROVIDER_GITHUB_CLIENT_SECRET", CLIENT_SECRET)
            .set("AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL", &url("/authorize"))
            .set("AUTH_PROVIDER_GITHUB_TOKEN_URL", &url("/token"))
            .set("AUTH_PROVIDER_GITHUB_USER_PROFILE_URL", &url("/user"))
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
    }

    /// A user who was redirected here consents; the query of the callback.
    pub(crate) fn agree(&self, sent: &Url, member: &Member) -> String {
        assert_eq!(parameter(sent, "client_id").unwrap(), CLIENT_ID);
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        let code = format!("code-{asked}");
        let account = Account {
            profile: member.profile.clone(),
            addresses: member.addresses.clone(),
            challenge: parameter(sent, "code_challenge"),
        };
        self.people.lock().unwrap().insert(code.clone(), account);
        let state = parameter(sent, "state").unwrap();
        form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &state)
            .finish()
    }

    /// The requests of the server so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.service.received()
    }

    /// Signs a browser in as a user; the URL that it ends at.
    pub(crate) async fn visit(
        &self,
        server: &Server,
        browser: &Browser,
        (query, member): (&str, &Member),
    ) -> Answer {
        let sent = browser.get(server, &format!("{SIGN_IN}?{query}")).await;
        let back = self.agree(&sent.location(), member);
        browser.get(server, &format!("{CALLBACK}?{back}")).await
    }

    /// The session of a user who signs in.
    pub(crate) async fn session(&self, server: &Server, member: &Member) -> Value {
        let answer = self.visit(server, &Browser::default(), ("", member)).await;
        let token = parameter(&answer.location(), "refreshToken");
        let token = token.unwrap_or_else(|| panic!("nobody was signed in: {answer:?}"));
        server.refresh(&json!(token)).await.expect(200)
    }
}

/// The page that starts the flow.
pub(crate) const SIGN_IN: &str = "/signin/provider/github";

/// The callback URL.
pub(crate) const CALLBACK: &str = "/signin/provider/github/callback";

fn answer(people: &HashMap<String, Account>, request: &Received) -> (u16, String) {
    let bearer = request
        .headers
        .iter()
        .find_map(|it| it.strip_prefix("authorization: Bearer token-of-"));
    let account = bearer.and_then(|code| people.get(code));
    match (request.line.as_str(), account) {
        ("POST /token", _) => exchange(people, &request.body),
        ("GET /user", Some(account)) => (200, account.profile.to_string()),
        ("GET /user/emails", Some(account)) => (200, account.addresses.to_string()),
        _ => (404, "{}".to_owned()),
    }
}

/// GitHub refuses with the status of a success.
fn exchange(people: &HashMap<String, Account>, form: &str) -> (u16, String) {
    let form: HashMap<_, _> = form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let code = field("code");
    let is_right = people.get(code).is_some_and(|account| {
        let verifier = digest(&SHA256, field("code_verifier").as_bytes());
        let challenge = account.challenge.as_deref();
        challenge.is_none_or(|it| it == BASE64URL_NOPAD.encode(verifier.as_ref()))
    });
    let is_ours = field("client_id") == CLIENT_ID
        && field("client_secret") == CLIENT_SECRET
        && field("grant_type") == "authorization_code"
        && field("redirect_uri") == "http://auth.example.com/signin/provider/github/callback";
    let body = if is_right && is_ours {
        json!({ "access_token": format!("token-of-{code}"), "token_type": "bearer" })
    } else {
        json!({ "error": "bad_verification_code" })
    };
    (200, body.to_string())
}
