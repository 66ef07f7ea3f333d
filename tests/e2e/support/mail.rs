//! Reads the mails of a server, and follows their links.

use std::{collections::BTreeMap, fs};

use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};

use super::{Answer, PASSWORD, Server, ServerBuilder, server::within};

/// The client's URL of servers under test; the default target of links.
pub(crate) const CLIENT_URL: &str = "http://localhost:3000";

impl ServerBuilder {
    /// Every way to sign in by mail, for verified addresses only.
    pub(crate) fn by_mail(self) -> Self {
        self.set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
            .set("AUTH_OTP_EMAIL_ENABLED", "true")
            .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
    }
}

impl Server {
    /// The mails in its outbox, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Value> {
        let Ok(entries) = fs::read_dir(self.folder().join("data/outbox")) else {
            return Vec::new();
        };
        let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
        paths.sort();
        let read = |path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        paths.into_iter().map(read).collect()
    }

    /// The newest of its mails.
    pub(crate) fn last_mail(&self) -> Value {
        self.mails().pop().expect("a mail was sent")
    }

    /// The newest of its mails to an address, once there is one.
    pub(crate) async fn mail_to(&self, email: &str) -> Value {
        let mut mail = None;
        within(async {
            while mail.is_none() {
                tokio::task::yield_now().await;
                mail = self.mails().into_iter().rev().find(|it| it["to"] == email);
            }
        })
        .await;
        mail.unwrap()
    }

    /// The request behind the link of a mail, but sent to this server.
    pub(crate) fn request_of(&self, method: Method, mail: &Value) -> RequestBuilder {
        let link = Url::parse(mail["link"].as_str().unwrap()).unwrap();
        let (path, query) = (link.path(), link.query().unwrap());
        self.request(method, &format!("{path}?{query}"))
    }

    /// Follows the link of a mail, but not its redirect.
    pub(crate) async fn follow(&self, mail: &Value) -> Answer {
        self.send(self.request_of(Method::GET, mail)).await
    }

    /// The answer to `/verify` with these two parameters.
    pub(crate) async fn verify(&self, ticket: &str, redirect_to: &str) -> Answer {
        let base = "http://any.example/verify";
        let parameters = [("redirectTo", redirect_to), ("ticket", ticket)];
        let url = Url::parse_with_params(base, parameters).unwrap();
        self.get(&format!("/verify?{}", url.query().unwrap())).await
    }

    /// Posts a body that is answered by `"OK"`, and reads the mail that it caused.
    pub(crate) async fn mail_after(&self, path: &str, body: &Value) -> Value {
        let before = self.mails().len();
        assert_eq!(self.post(path, body).await.expect(200), json!("OK"));
        assert_eq!(self.mails().len(), before + 1);
        self.last_mail()
    }

    /// The mail that signs in by link.
    pub(crate) async fn link_mail(&self, email: &str) -> Value {
        self.mail_after("/signin/passwordless/email", &json!({ "email": email }))
            .await
    }

    /// The mail that verifies the address of a new user.
    pub(crate) async fn verification_mail(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.post("/signup/email-password", &body).await;
        assert_eq!(answer.expect(200), json!({}));
        self.last_mail()
    }

    /// The session of a new user who has verified their address.
    pub(crate) async fn verified(&self, email: &str) -> Value {
        let mail = self.verification_mail(email).await;
        self.session_behind(&mail).await
    }

    /// The session from following the link of a mail.
    pub(crate) async fn session_behind(&self, mail: &Value) -> Value {
        let token = self.follow(mail).await.parameters()["refreshToken"].clone();
        self.refresh(&json!(token)).await.expect(200)
    }
}

impl Answer {
    /// The target of a redirect, without its query.
    #[track_caller]
    pub(crate) fn target(&self) -> String {
        let mut url = self.location();
        url.set_query(None);
        url.to_string()
    }

    /// The query parameters of the target of a redirect.
    #[track_caller]
    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        self.location().query_pairs().into_owned().collect()
    }

    /// Checks that a redirect to the client's URL has this error, and nothing else.
    #[track_caller]
    pub(crate) fn expect_error_at_client(&self, code: &str, message: &str) {
        assert_eq!(self.target(), format!("{CLIENT_URL}/"));
        let expected = [("error", code), ("errorDescription", message)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(self.parameters(), BTreeMap::from(expected));
    }
}
