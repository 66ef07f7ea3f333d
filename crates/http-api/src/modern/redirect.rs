//! Redirects with parameters of ours.

use actix_web::{HttpResponse, http::header};
use auth_domain::{redirect::RedirectUrl, services::Grant};
use url::Url;

use super::{ErrorCode, ErrorForm, ModernError};
use crate::{refusal::refused, state::AppState};

/// Neither caches nor the next page's `Referer` may keep what a redirect carries.
pub(super) const PRIVATE: [(header::HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// A redirect to `target` whose query has `added`, in place of parameters of the same names. The
/// whole query is sorted by name, as the original writes it; the fragment stays.
pub(super) fn to(target: &str, added: &[(&str, String)]) -> HttpResponse {
    let location = Url::parse(target).map_or_else(|_| target.to_owned(), |url| with(url, added));
    let mut answer = HttpResponse::Found();
    answer.insert_header((header::LOCATION, location));
    for header in PRIVATE {
        answer.insert_header(header);
    }
    answer.finish()
}

/// What a client is granted, as parameters.
pub(super) fn granted(grant: &Grant) -> Option<(&'static str, String)> {
    match grant {
        Grant::RefreshToken(token) => Some(("refreshToken", token.text())),
        Grant::Code(code) => Some(("code", code.expose().to_owned())),
        Grant::Nothing => None,
    }
}

/// A redirect that names the error, or the error itself if there is no redirect target.
pub(super) fn fail(
    state: &AppState,
    redirect_to: &RedirectUrl,
    error: &ModernError,
) -> HttpResponse {
    fail_with(state, redirect_to, error, Vec::new())
}

/// The same with more parameters.
pub(super) fn fail_with(
    state: &AppState,
    redirect_to: &RedirectUrl,
    error: &ModernError,
    mut added: Vec<(&'static str, String)>,
) -> HttpResponse {
    error.log();
    let form = ErrorForm::from(state.settings());
    let shown = error.shown_row(form).unwrap_or(ErrorCode::INVALID_REQUEST);
    let answer = if redirect_to.as_str().is_empty() {
        ModernError::from(shown).answer(form)
    } else {
        added.push(("error", shown.code.to_owned()));
        added.push(("errorDescription", shown.message.to_owned()));
        to(redirect_to.as_str(), &added)
    };
    refused(answer, error.logged_code(form))
}

fn with(mut url: Url, added: &[(&str, String)]) -> String {
    let is_added = |name: &str| added.iter().any(|(known, _)| *known == name);
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| !is_added(name))
        .collect();
    pairs.extend(
        added
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    if pairs.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(target: &str) -> String {
        let url = Url::parse(target).unwrap();
        with(
            url,
            &[
                ("error", "invalid-ticket".to_owned()),
                ("b", "x y".to_owned()),
            ],
        )
    }

    #[test]
    fn parameters_are_added_sorted_and_encoded() {
        assert_eq!(
            location("http://x.io"),
            "http://x.io/?b=x+y&error=invalid-ticket"
        );
    }

    #[test]
    fn without_parameters_there_is_no_question_mark() {
        for target in ["http://x.io/a#part", "http://x.io/a?#part"] {
            let url = Url::parse(target).unwrap();
            assert_eq!(with(url, &[]), "http://x.io/a#part");
        }
    }

    #[test]
    fn what_was_there_stays_but_for_the_same_names() {
        assert_eq!(
            location("http://x.io/a?z=1&error=old&a=%26#part"),
            "http://x.io/a?a=%26&b=x+y&error=invalid-ticket&z=1#part"
        );
    }
}
