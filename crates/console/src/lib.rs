//! The API console: a page that shows the description of the API and sends requests by it.
//!
//! It is Swagger UI over `openapi.json`. Every file is inside the binary, and the page may talk to
//! the server it came from and to nobody else: [`CONTENT_SECURITY_POLICY`] says so to the browser.

use std::{borrow::Cow, sync::Arc};

use utoipa_swagger_ui::Config;

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

/// The page. It expects `openapi.json` and the folder `console/` beside itself.
pub const PAGE: File = File {
    content: Cow::Borrowed(include_bytes!("../files/console.html")),
    content_type: "text/html; charset=utf-8",
    gzipped: false,
};

/// What the page may do: load and ask nothing but the server it came from, in no frame. The styles
/// that Swagger UI sets on elements are its own.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file of the folder `console/`, if there is one of this name.
#[must_use]
pub fn file(name: &str) -> Option<File> {
    match name {
        "console.js" => Some(own(include_bytes!("../files/console.js"), SCRIPT)),
        "console.css" => Some(own(include_bytes!("../files/console.css"), STYLE)),
        "swagger-ui-bundle.js" => vendored(name, SCRIPT),
        "swagger-ui.css" => vendored(name, STYLE),
        "favicon-32x32.png" => vendored(name, "image/png"),
        _ => None,
    }
}

fn own(content: &'static [u8], content_type: &'static str) -> File {
    File {
        content: Cow::Borrowed(content),
        content_type,
        gzipped: false,
    }
}

/// A file of Swagger UI as the crate has it.
fn vendored(name: &str, content_type: &'static str) -> Option<File> {
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from("openapi.json")));
    let file = found.ok().flatten()?;
    Some(File {
        content: file.bytes,
        content_type,
        gzipped: file.gzpipped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page refers to, from beside itself.
    fn references() -> Vec<String> {
        let page = String::from_utf8(PAGE.content.into_owned()).unwrap();
        let after = page
            .split("href=\"")
            .skip(1)
            .chain(page.split("src=\"").skip(1));
        after
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_file_the_page_refers_to_is_in_the_binary() {
        let references = references();

        assert_eq!(references.len(), 5);
        for reference in references {
            let name = reference.strip_prefix("console/").unwrap();
            let file = file(name).unwrap();
            assert!(!file.content.is_empty(), "{name}");
        }
    }

    #[test]
    fn nothing_else_of_the_viewer_is_served() {
        for name in ["", "index.html", "oauth2-redirect.html", "../Cargo.toml"] {
            assert_eq!(file(name), None, "{name}");
        }
    }

    #[test]
    fn the_page_names_no_other_origin() {
        let own = ["console.js", "console.css"].map(|name| file(name).unwrap().content);
        for text in own.into_iter().chain([PAGE.content]) {
            let text = String::from_utf8(text.into_owned()).unwrap();
            assert!(!text.contains("://") && !text.contains("\"//"), "{text}");
        }
        assert!(!CONTENT_SECURITY_POLICY.contains("http"));
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }
}
