//! A minimal browser: cookies and redirects.

use std::{collections::BTreeMap, sync::Mutex};

use reqwest::{
    Method, RequestBuilder,
    header::{COOKIE, SET_COOKIE},
};
use url::Url;

use super::{Answer, Server};

/// Keeps the cookies of one host, and does not follow redirects.
#[derive(Default)]
pub(crate) struct Browser(Mutex<BTreeMap<String, String>>);

impl Browser {
    /// Opens a page.
    pub(crate) async fn get(&self, server: &Server, path: &str) -> Answer {
        self.send(server.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, server: &Server, path: &str, form: &str) -> Answer {
        let request = server
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        self.send(request).await
    }

    /// Sends any request, with its cookies.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.header(COOKIE, self.cookies());
        let answer = Answer::of(request.send().await.unwrap()).await;
        self.keep(&answer);
        answer
    }

    /// Its `Cookie` header.
    pub(crate) fn cookies(&self) -> String {
        let cookies = self.0.lock().unwrap();
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.0.lock().unwrap().remove(name);
            } else {
                self.0
                    .lock()
                    .unwrap()
                    .insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    /// The target of a redirect.
    #[track_caller]
    pub(crate) fn location(&self) -> Url {
        assert_eq!(self.status, 302, "{}", self.text);
        Url::parse(self.header("location")).unwrap()
    }
}

/// The value of a parameter in the query of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}
