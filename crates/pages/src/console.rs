//! The API console: a page that shows the description of the API and sends requests by it.
//!
//! It is Swagger UI over `openapi.json`, and may talk to the server it came from alone:
//! [`CONTENT_SECURITY_POLICY`] says so to the browser.

use std::sync::Arc;

use utoipa_swagger_ui::Config;

use crate::file::{File, HTML, SCRIPT, STYLE};

/// The page. It expects `openapi.json` and the folder `console/` beside itself.
pub const PAGE: File = File::own(include_bytes!("../files/console/console.html"), HTML);

/// Content Security Policy: load and ask nothing but the server it came from, in no frame
/// (clickjacking). The styles that Swagger UI sets on elements are its own.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// A file of the folder `console/`, if there is one of this name.
#[must_use]
pub fn file(name: &str) -> Option<File> {
    match name {
        "console.js" => Some(File::own(
            include_bytes!("../files/console/console.js"),
            SCRIPT,
        )),
        "console.css" => Some(File::own(
            include_bytes!("../files/console/console.css"),
            STYLE,
        )),
        "swagger-ui-bundle.js" => vendored(name, SCRIPT),
        "swagger-ui.css" => vendored(name, STYLE),
        "favicon-32x32.png" => vendored(name, "image/png"),
        _ => None,
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
    use crate::tests::{names_no_other_origin, references};

    #[test]
    fn every_file_the_page_refers_to_is_in_the_binary() {
        let references = references(&PAGE);

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
        let own = ["console.js", "console.css"].map(|name| file(name).unwrap());
        for file in own.into_iter().chain([PAGE]) {
            names_no_other_origin(&file);
        }
        assert!(!CONTENT_SECURITY_POLICY.contains("http"));
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }
}
