//! Making text of users harmless (header injection, cross-site scripting).

use std::borrow::Cow;

use auth_domain::user::disturbs_reading;

/// On one line and in one direction: every control character, line break and change of direction
/// becomes a space.
#[must_use]
pub fn without_controls(text: &str) -> Cow<'_, str> {
    if text.contains(disturbs_reading) {
        Cow::Owned(text.replace(disturbs_reading, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Escapes text for HTML, also in a quoted attribute.
pub(crate) fn html_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_spaces() {
        assert_eq!(without_controls("a\r\nb\0c\u{85}d\té"), "a  b c d é");
        assert_eq!(without_controls("\u{202e}a\u{2028}b\u{2066}"), " a b ");
        assert!(matches!(without_controls("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn markup_loses_its_meaning() {
        assert_eq!(
            html_escaped(r#"<a href="x" title='y'>&amp;"#),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;"
        );
    }
}
