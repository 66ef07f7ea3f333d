//! The URL that a browser is redirected to.

use url::Url;

/// Sets parameters of a URL. Its other parameters stay; one must not be there twice (RFC 6749
/// §3.1).
pub(crate) fn with_parameters(url: &Url, parameters: &[(&str, &str)]) -> Url {
    let is_ours = |name: &str| parameters.iter().any(|(ours, _)| *ours == name);
    let kept: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| !is_ours(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(parameters);
    url
}

/// Adds those parameters that a URL does not have yet, and leaves its own as they are.
pub(crate) fn with_defaults<N: AsRef<str>>(url: &Url, defaults: &[(N, String)]) -> Url {
    let has = |name: &str| url.query_pairs().any(|(known, _)| known == name);
    let missing: Vec<_> = defaults
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_str()))
        .filter(|(name, _)| !has(name))
        .collect();
    with_parameters(url, &missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_the_url_stay_and_none_is_there_twice() {
        let url = "https://example.com/authorize?prompt=login&state=old#top";

        let sent_to = with_parameters(&url.parse().unwrap(), &[("state", "a b&c")]);

        assert_eq!(
            sent_to.as_str(),
            "https://example.com/authorize?prompt=login&state=a+b%26c#top"
        );
    }

    #[test]
    fn a_default_gives_way_to_what_the_url_has() {
        let url = "https://example.com/authorize?prompt=login";
        let defaults = [("prompt", "consent"), ("access", "offline")];
        let defaults = defaults.map(|(name, value)| (name, value.to_owned()));

        let sent_to = with_defaults(&url.parse().unwrap(), &defaults);

        assert_eq!(sent_to.query(), Some("prompt=login&access=offline"));
    }
}
