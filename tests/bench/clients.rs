//! The requests that are measured.

use std::{mem, sync::Arc, time::Duration};

use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};

use crate::{load::Client, scale::Failure};

/// The timeout of a request: a server that hangs ends the run.
const PATIENCE: Duration = Duration::from_mins(1);

/// A user that was signed up for the run.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    url: Arc<str>,
    credentials: Value,
    access_token: String,
}

/// Signs up `count` users at the server at `url`.
pub(crate) async fn sign_up(url: &str, count: usize) -> Result<Vec<Account>, Failure> {
    let url: Arc<str> = url.into();
    let http = http()?;
    let mut accounts = Vec::new();
    for number in 0..count {
        let credentials = json!({
            "email": format!("bench-{number}@example.com"),
            "password": format!("the password of {number}"),
        });
        let request = http
            .post(format!("{url}/signup/email-password"))
            .json(&credentials);
        let access_token = text(&answer(request).await?, "/session/accessToken")?;
        accounts.push(Account {
            url: Arc::clone(&url),
            credentials,
            access_token,
        });
    }
    Ok(accounts)
}

impl Account {
    fn request_sign_in(&self, http: &Http) -> RequestBuilder {
        http.post(format!("{}/signin/email-password", self.url))
            .json(&self.credentials)
    }
}

/// `GET /healthz`: the upper limit of client and server, without any work in between.
pub(crate) struct Health {
    http: Http,
    url: String,
}

impl Health {
    pub(crate) fn new(account: &Account) -> Result<Self, Failure> {
        Ok(Self {
            http: http()?,
            url: format!("{}/healthz", account.url),
        })
    }
}

impl Client for Health {
    async fn request(&mut self) -> Result<(), Failure> {
        body(self.http.get(&self.url)).await.map(drop)
    }
}

/// `GET /user`.
pub(crate) struct ReadUser {
    http: Http,
    url: String,
    access_token: String,
}

impl ReadUser {
    pub(crate) fn new(account: &Account) -> Result<Self, Failure> {
        Ok(Self {
            http: http()?,
            url: format!("{}/user", account.url),
            access_token: account.access_token.clone(),
        })
    }
}

impl Client for ReadUser {
    async fn request(&mut self) -> Result<(), Failure> {
        let request = self.http.get(&self.url).bearer_auth(&self.access_token);
        body(request).await.map(drop)
    }
}

/// `POST /token`, each time with the token of the answer before.
pub(crate) struct Refresh {
    http: Http,
    url: String,
    token: String,
}

impl Refresh {
    /// Opens the session that is then rotated.
    pub(crate) async fn sign_in(account: &Account) -> Result<Self, Failure> {
        let http = http()?;
        let session = answer(account.request_sign_in(&http)).await?;
        Ok(Self {
            http,
            url: format!("{}/token", account.url),
            token: text(&session, "/session/refreshToken")?,
        })
    }
}

impl Client for Refresh {
    async fn request(&mut self) -> Result<(), Failure> {
        let token = mem::take(&mut self.token);
        let request = self
            .http
            .post(&self.url)
            .json(&json!({ "refreshToken": token }));
        self.token = text(&answer(request).await?, "/refreshToken")?;
        Ok(())
    }
}

/// `POST /signin/email-password`.
pub(crate) struct SignIn {
    http: Http,
    account: Account,
}

impl SignIn {
    pub(crate) fn new(account: &Account) -> Result<Self, Failure> {
        Ok(Self {
            http: http()?,
            account: account.clone(),
        })
    }
}

impl Client for SignIn {
    async fn request(&mut self) -> Result<(), Failure> {
        body(self.account.request_sign_in(&self.http))
            .await
            .map(drop)
    }
}

/// A client with a connection of its own.
fn http() -> Result<Http, Failure> {
    Ok(Http::builder()
        .no_proxy()
        .pool_max_idle_per_host(1)
        .timeout(PATIENCE)
        .build()?)
}

async fn body(request: RequestBuilder) -> Result<Vec<u8>, Failure> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.bytes().await?;
    if status.is_success() {
        Ok(body.into())
    } else {
        let text = String::from_utf8_lossy(&body);
        Err(format!("{url} answered {status}: {text}").into())
    }
}

async fn answer(request: RequestBuilder) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&body(request).await?)?)
}

fn text(answer: &Value, pointer: &str) -> Result<String, Failure> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    Ok(text
        .ok_or_else(|| format!("an answer has no {pointer}"))?
        .to_owned())
}
