//! `claims_namespace_path`, as Hasura reads JSON paths: `$`, `$.hasura.claims`, `$['https://x'].claims`.

/// The names along the path, none for `$`; `None` for what is no path of names.
pub(super) fn parse(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('$')?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('.') {
            Some(plain) => plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len())),
            None => quoted(rest.strip_prefix('[')?)?,
        };
        if name.is_empty() {
            return None;
        }
        names.push(name.to_owned());
        rest = after;
    }
    Some(names)
}

/// `'name']` or `"name"]`, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|it| matches!(it, '\'' | '"'))?;
    let (name, after) = text.strip_prefix(quote)?.split_once(quote)?;
    Some((name, after.strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted_by_dots_or_in_brackets() {
        for (path, names) in [
            ("$", &[][..]),
            ("$.hasura", &["hasura"]),
            ("$.hasura.claims", &["hasura", "claims"]),
            ("$['https://hasura.io/jwt']", &["https://hasura.io/jwt"]),
            ("$.a[\"b c\"].d", &["a", "b c", "d"]),
        ] {
            let found = parse(path).unwrap();
            assert_eq!(found, names, "{path}");
        }
        for path in [
            "", "hasura", "$hasura", "$.", "$..a", "$[0]", "$['a'", "$['']", "$.a[",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
