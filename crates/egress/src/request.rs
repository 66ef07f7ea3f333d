//! An HTTP request.

use std::{borrow::Cow, fmt, time::Duration};

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;
use url::{Url, form_urlencoded};

use crate::error::EgressError;

/// The default timeout of a request with its response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The default limit of a response's body, in bytes.
const LARGEST_REPLY: usize = 64 * 1024;

/// A request that is about to be sent.
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    headers: Vec<(Cow<'static, str>, Value)>,
    body: Body,
    pub(crate) timeout: Duration,
    pub(crate) largest_reply: usize,
}

struct Value {
    text: String,
    is_secret: bool,
}

enum Body {
    None,
    Bytes(&'static str, Vec<u8>),
    Unwritable(serde_json::Error),
}

impl Request {
    /// A GET request.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A POST request.
    #[must_use]
    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Body::None,
            timeout: TIMEOUT,
            largest_reply: LARGEST_REPLY,
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: impl Into<Cow<'static, str>>, value: &str) -> Self {
        self.any_header(name.into(), value, false)
    }

    /// With a header that is masked when the request is printed.
    #[must_use]
    pub fn secret_header(self, name: impl Into<Cow<'static, str>>, value: &str) -> Self {
        self.any_header(name.into(), value, true)
    }

    fn any_header(mut self, name: Cow<'static, str>, value: &str, is_secret: bool) -> Self {
        let text = value.to_owned();
        self.headers.push((name, Value { text, is_secret }));
        self
    }

    /// With a body in JSON.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = match serde_json::to_vec(body) {
            Ok(bytes) => Body::Bytes("application/json", bytes),
            Err(error) => Body::Unwritable(error),
        };
        self
    }

    /// With the body of a web form.
    #[must_use]
    pub fn form<'a>(self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let body = body.finish().into_bytes();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// With a body of another type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.body = Body::Bytes(content_type, body);
        self
    }

    /// With a timeout, from the lookup of the name to the end of the response. The default is ten
    /// seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With a limit of the response's body in bytes; a longer one is an error. The default is 64
    /// KiB.
    #[must_use]
    pub fn largest_reply(mut self, bytes: usize) -> Self {
        self.largest_reply = bytes;
        self
    }

    pub(crate) fn write(
        self,
        mut builder: reqwest::RequestBuilder,
    ) -> Result<reqwest::RequestBuilder, EgressError> {
        for (name, value) in self.headers {
            let mut written = HeaderValue::from_str(&value.text)
                .map_err(|error| EgressError::InvalidRequest(error.into()))?;
            written.set_sensitive(value.is_secret);
            builder = builder.header(name.as_ref(), written);
        }
        match self.body {
            Body::None => Ok(builder),
            Body::Bytes(kind, bytes) => Ok(builder.header(CONTENT_TYPE, kind).body(bytes)),
            Body::Unwritable(error) => Err(EgressError::InvalidRequest(error.into())),
        }
    }
}

/// Without path, headers and body, which may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}
