//! "Did you mean …?"

/// The words to add to a message about the unknown name `wrong`: the closest known one, if any is
/// close, or nothing.
pub(crate) fn did_you_mean<'a>(
    wrong: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let tolerated = (wrong.chars().count() / 4).clamp(1, 4);
    known
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= tolerated)
        .min()
        .map(|(_, name)| format!("; did you mean {name}?"))
}

/// How many characters have to be put in, taken out or replaced to make one text of the other
/// (Levenshtein). One row of the usual table is kept.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (count, char) in one.chars().enumerate() {
        let mut diagonal = count;
        let mut left = count + 1;
        let mut next = vec![left];
        for (above, other_char) in row.iter().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(char != *other_char);
            left = replaced.min(left + 1).min(above + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_changes() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn only_a_close_name_is_suggested() {
        let known = || ["server.port", "server.host"].into_iter();

        assert_eq!(
            did_you_mean("server.prot", known()),
            Some("; did you mean server.port?".to_owned())
        );
        assert_eq!(did_you_mean("database.url", known()), None);
    }
}
