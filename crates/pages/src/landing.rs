//! The page where links of mails and social sign-ins lead when no application is configured.
//!
//! It says what happened, shows the session, and lets the user choose a password after a link for
//! that. The refresh token leaves the address bar at once, and the page keeps it in memory only.

use crate::file::{File, HTML, SCRIPT, STYLE};

/// The page. It expects the API and the folder `landing/` beside itself.
pub const PAGE: File = File::own(include_bytes!("../files/landing/landing.html"), HTML);

/// Content Security Policy: load and ask nothing but the server it came from, in no frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// A file of the folder `landing/`, if there is one of this name.
#[must_use]
pub fn file(name: &str) -> Option<File> {
    match name {
        "landing.js" => Some(File::own(
            include_bytes!("../files/landing/landing.js"),
            SCRIPT,
        )),
        "landing.css" => Some(File::own(
            include_bytes!("../files/landing/landing.css"),
            STYLE,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{names_no_other_origin, references};

    #[test]
    fn every_file_the_page_refers_to_is_in_the_binary() {
        let references = references(&PAGE);

        assert_eq!(references.len(), 2);
        for reference in references {
            let name = reference.strip_prefix("landing/").unwrap();
            names_no_other_origin(&file(name).unwrap());
        }
        assert_eq!(file("index.html"), None);
    }

    #[test]
    fn the_page_names_no_other_origin() {
        names_no_other_origin(&PAGE);
        assert!(!CONTENT_SECURITY_POLICY.contains("http"));
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }
}
