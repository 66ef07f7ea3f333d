//! CSRF: what browsers tell of the page behind a request (Fetch Metadata Request Headers). Programs
//! send none of it, and browsers that no page sent name none.

use actix_web::{
    HttpRequest,
    http::header::{HeaderName, REFERER},
};
use auth_domain::redirect::RedirectPolicy;
use url::Url;

/// How the page that sent the browser relates to the server (§2.1).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the browser is going to do with the answer (§2.2).
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// CSRF: whether a flow may begin with this request.
///
/// An attacker's page must not have the visitor's identity linked with the attacker's account; nor
/// must it begin flows behind the visitor's back, each of which leaves a cookie.
pub(super) fn may_begin(
    request: &HttpRequest,
    redirects: &RedirectPolicy,
    is_linking: bool,
) -> bool {
    match text(request, SEC_FETCH_DEST) {
        None | Some("document") => !is_linking || !is_sent_by_a_stranger(request, redirects),
        Some("empty" | "frame" | "iframe") => !is_sent_by_a_stranger(request, redirects),
        // A picture, a script or the like.
        Some(_) => false,
    }
}

/// Whether the browser was sent by a page that is no allowed redirect target.
fn is_sent_by_a_stranger(request: &HttpRequest, redirects: &RedirectPolicy) -> bool {
    if !matches!(
        text(request, SEC_FETCH_SITE),
        Some("cross-site" | "same-site")
    ) {
        return false;
    }
    let page = text(request, REFERER).and_then(|it| Url::parse(it).ok());
    let origin = page.map(|it| it.origin().ascii_serialization());
    !origin.is_some_and(|it| redirects.allows_origin(&it))
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}
