//! The text around a placeholder in a template.

/// What kind of text a value is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// Plain text, or the beginning or path of a URL.
    Text,
    /// The value of a parameter in the query of a URL, as in `…/verify?type=x&redirectTo=${redirectTo}`.
    QueryValue,
}

impl Surroundings {
    /// The surroundings of a placeholder, by the template before it.
    pub(crate) fn after(before: &str) -> Self {
        // A URL ends at a blank, a quote or a bracket, whether the template is HTML or text.
        let ends_url = |it: char| it.is_whitespace() || "\"'`<>()".contains(it);
        let word = before.rsplit(ends_url).next().unwrap_or(before);
        let is_query_value = word.split_once('?').is_some_and(|(start, query)| {
            // A scheme, or a place such as `${serverUrl}`, or the path of an attribute.
            let begins_url = start.contains(':') || start.contains('}') || start.starts_with('/');
            begins_url && query.rsplit('&').next().is_some_and(|it| it.contains('='))
        });
        if is_query_value {
            Self::QueryValue
        } else {
            Self::Text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_parameter_is_in_a_query() {
        for before in [
            "<a href=\"${serverUrl}/verify?&ticket=${ticket}&type=emailVerify&redirectTo=",
            "<a href='https://auth.example.com/verify?a=b&amp;redirectTo=",
            "<a href=${serverUrl}/verify?redirectTo=",
            "Follow ${serverUrl}/verify?redirectTo=",
            "https://app.example.com/#/verify?next=",
            "https://app.example.com/?next=${clientUrl}/then/",
            "mailto:help@example.com?body=",
            "<a href=\"/verify?next=",
        ] {
            assert_eq!(
                Surroundings::after(before),
                Surroundings::QueryValue,
                "{before}"
            );
        }
    }

    #[test]
    fn words_and_other_parts_of_urls_are_no_query() {
        for before in [
            "",
            "You go on to ",
            "<a href=\"",
            "<a href=\"https://example.com/a=b/",
            "${serverUrl}/",
            "${serverUrl}/go?",
            "${serverUrl}/go?a=b&",
            "Ready?next=",
            "<a href=\"${serverUrl}/verify?a=b\">",
            "https://example.com/?a=b ",
            "https://example.com/?a=b, then ",
        ] {
            assert_eq!(Surroundings::after(before), Surroundings::Text, "{before}");
        }
    }
}
