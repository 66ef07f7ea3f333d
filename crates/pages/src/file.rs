//! Files inside the binary.

use std::borrow::Cow;

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(crate) const STYLE: &str = "text/css; charset=utf-8";

/// A file to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub content: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// Whether the bytes are compressed with gzip.
    pub gzipped: bool,
}

impl File {
    /// A file of this crate.
    pub(crate) const fn own(content: &'static [u8], content_type: &'static str) -> Self {
        Self {
            content: Cow::Borrowed(content),
            content_type,
            gzipped: false,
        }
    }
}
