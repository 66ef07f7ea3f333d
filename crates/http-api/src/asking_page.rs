//! CSRF: which page makes a browser send a request.
//!
//! A browser sends cookies, and reaches servers that others cannot reach, for any page that asks it
//! to. It names the page in headers that no page can write.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};
use url::Url;

/// How the page that sent the browser relates to the server (Fetch Metadata Request Headers §2.1).
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The page that has a request sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskingPage {
    /// No page: a program, or the user at the address bar.
    None,
    /// A page of the server that gets the request.
    Own,
    /// A page of this origin.
    Of(String),
    /// A page whose origin the browser withholds.
    Hidden,
}

impl AskingPage {
    /// Reads `Origin`, which comes with every request that writes. Browsers before 2020 left it out
    /// of some; then `Sec-Fetch-Site` tells of other sites, and `Referer` names the page.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if headers.contains_key(ORIGIN) {
            return only(headers, ORIGIN).map_or(Self::Hidden, |it| Self::Of(it.to_owned()));
        }
        if !headers.contains_key(SEC_FETCH_SITE) {
            return if headers.contains_key(REFERER) {
                Self::referring(headers)
            } else {
                Self::None
            };
        }
        match only(headers, SEC_FETCH_SITE) {
            Some("none") => Self::None,
            Some("same-origin") => Self::Own,
            _ => Self::referring(headers),
        }
    }

    fn referring(headers: &HeaderMap) -> Self {
        let page = only(headers, REFERER).and_then(|it| Url::parse(it).ok());
        page.map_or(Self::Hidden, |it| {
            Self::Of(it.origin().ascii_serialization())
        })
    }
}

/// The value of a header that is there once, as text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => HeaderValue::to_str(value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn page(headers: &[(&'static str, &'static str)]) -> AskingPage {
        let mut request = TestRequest::post();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        AskingPage::of(request.to_http_request().headers())
    }

    fn of(origin: &str) -> AskingPage {
        AskingPage::Of(origin.to_owned())
    }

    #[test]
    fn the_origin_counts_before_everything_else() {
        let evil = ("Origin", "https://evil.example");

        assert_eq!(page(&[evil]), of("https://evil.example"));
        assert_eq!(
            page(&[evil, ("Sec-Fetch-Site", "same-origin")]),
            of("https://evil.example")
        );
        assert_eq!(page(&[("Origin", "null")]), of("null"));
    }

    #[test]
    fn a_request_of_another_site_is_one_of_a_page_without_any_origin() {
        for site in ["cross-site", "same-site", "Same-Origin", "", "unheard-of"] {
            let site = ("Sec-Fetch-Site", site);

            assert_eq!(page(&[site]), AskingPage::Hidden, "{site:?}");
            let referred = [site, ("Referer", "https://evil.example:8443/a?b=c")];
            assert_eq!(page(&referred), of("https://evil.example:8443"), "{site:?}");
        }
    }

    #[test]
    fn without_either_the_referring_page_is_asked_for() {
        assert_eq!(
            page(&[("Referer", "https://evil.example/a")]),
            of("https://evil.example")
        );
        assert_eq!(page(&[("Referer", "about:blank")]), of("null"));
        assert_eq!(page(&[("Referer", "evil")]), AskingPage::Hidden);
    }

    #[test]
    fn programs_and_the_address_bar_are_no_page() {
        assert_eq!(page(&[]), AskingPage::None);
        assert_eq!(page(&[("Sec-Fetch-Site", "none")]), AskingPage::None);
        assert_eq!(page(&[("Sec-Fetch-Site", "same-origin")]), AskingPage::Own);
    }

    #[test]
    fn what_is_there_twice_or_unreadable_hides_the_page() {
        let own = "http://127.0.0.1:4000";
        let twice = [("Origin", own), ("Origin", own)];
        assert_eq!(page(&twice), AskingPage::Hidden);
        let unreadable = HeaderValue::from_bytes(b"http://\xe9").unwrap();
        let request = TestRequest::post().append_header((ORIGIN, unreadable));
        let request = request.to_http_request();
        assert_eq!(AskingPage::of(request.headers()), AskingPage::Hidden);
        let sites = [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")];
        assert_eq!(page(&sites), AskingPage::Hidden);
    }
}
