//! Reads the members of a definition. No error repeats a value: it may be a secret.

use provider_kit::ClientAuthentication;
use serde_json::{Map, Value};
use url::Url;

/// The members of a JSON object that have not been read yet.
pub(crate) struct Members(Map<String, Value>);

impl Members {
    pub(crate) fn of(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err("has to be an object".to_owned()),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(format!("`{name}` has to be a text")),
        }
    }

    pub(crate) fn needed(&mut self, name: &str) -> Result<String, String> {
        let text = self.text(name)?;
        text.ok_or_else(|| format!("`{name}` is missing"))
    }

    pub(crate) fn url(&mut self, name: &str) -> Result<Option<Url>, String> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let url = Url::parse(&text).ok().filter(is_web);
        url.map(Some)
            .ok_or_else(|| format!("`{name}` has to be a URL such as https://example.com"))
    }

    pub(crate) fn needed_url(&mut self, name: &str) -> Result<Url, String> {
        let url = self.url(name)?;
        url.ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A list of texts, or one text with spaces or commas between the items.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<String>, String> {
        let items = match self.0.remove(name) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::String(text)) => Some(text.split([' ', ',']).map(str::to_owned).collect()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|it| Some(it.as_str()?.to_owned()))
                .collect(),
            Some(_) => None,
        };
        let mut items: Vec<String> =
            items.ok_or_else(|| format!("`{name}` has to be a list of texts"))?;
        items.retain(|it| !it.trim().is_empty());
        Ok(items)
    }

    /// How this server authenticates, in the words of OpenID Connect Core §9.
    pub(crate) fn authentication(&mut self, name: &str) -> Result<ClientAuthentication, String> {
        match self.text(name)?.as_deref() {
            None | Some("client_secret_basic") => Ok(ClientAuthentication::Basic),
            Some("client_secret_post") => Ok(ClientAuthentication::Body),
            Some(_) => Err(format!(
                "`{name}` has to be client_secret_basic or client_secret_post"
            )),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Self::of(value)
                .map(Some)
                .map_err(|it| format!("`{name}` {it}")),
        }
    }

    /// No member may be left over: it would be an unnoticed mistake.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("`{name}` is not known")),
            None => Ok(()),
        }
    }
}

/// Whether it is a URL of HTTP.
pub(crate) fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}
