//! "Did you mean …?"

/// The end of a message about the unknown name `wrong`: the closest known name (edit distance), or
/// nothing when none is close.
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

/// The edit distance: how many characters have to be inserted, deleted, replaced, or swapped with their
/// neighbour (optimal string alignment). Only the last two rows of the usual table are kept.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut before: Option<(char, Vec<usize>)> = None;
    for (count, char) in one.chars().enumerate() {
        let mut next = vec![count + 1];
        for (column, other_char) in other.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&row, column) + usize::from(char != *other_char);
            let added = at(&next, column) + 1;
            let removed = at(&row, column + 1) + 1;
            let swapped = column.checked_sub(1).and_then(|left| {
                let (char_before, row_before) = before.as_ref()?;
                let is_swap = *char_before == *other_char && other.get(left) == Some(&char);
                is_swap.then(|| at(row_before, left) + 1)
            });
            let least = replaced.min(added).min(removed);
            next.push(swapped.map_or(least, |it| it.min(least)));
        }
        before = Some((char, std::mem::replace(&mut row, next)));
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
            ("ab", "ba", 1),
            ("SIGNPU", "SIGNUP", 1),
            ("HSOT", "HOST", 1),
            ("abcd", "badc", 2),
            ("ca", "abc", 3),
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
