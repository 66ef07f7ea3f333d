//! Redirects with parameters of ours.

use actix_web::{HttpResponse, http::header};
use url::Url;

use super::PRIVATE;

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
    url.query_pairs_mut().clear().extend_pairs(pairs);
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
    fn what_was_there_stays_but_for_the_same_names() {
        assert_eq!(
            location("http://x.io/a?z=1&error=old&a=%26#part"),
            "http://x.io/a?a=%26&b=x+y&error=invalid-ticket&z=1#part"
        );
    }
}
