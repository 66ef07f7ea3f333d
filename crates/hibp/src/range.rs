//! The response: lines of `<rest of the hash>:<how often it was seen>`.

/// Whether a range holds the hash that ends in `suffix`; `None` if it is not a range.
///
/// Lines with a count of 0 are padding.
pub(crate) fn contains(range: &str, suffix: &str) -> Option<bool> {
    let mut found = false;
    for line in range.lines() {
        let (rest, count) = line.split_once(':')?;
        let count: u64 = count.trim().parse().ok()?;
        found |= count > 0 && rest.eq_ignore_ascii_case(suffix);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";

    #[test]
    fn a_hash_of_the_range_is_found() {
        let range = format!("00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2\r\n{SUFFIX}:1\r\n");
        assert_eq!(contains(&range, SUFFIX), Some(true));
        assert_eq!(contains(&range.to_lowercase(), SUFFIX), Some(true));
    }

    #[test]
    fn another_hash_is_not() {
        let range = "00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2\r\n";
        assert_eq!(contains(range, SUFFIX), Some(false));
        assert_eq!(contains("", SUFFIX), Some(false));
    }

    #[test]
    fn padding_is_not_a_password() {
        assert_eq!(contains(&format!("{SUFFIX}:0"), SUFFIX), Some(false));
    }

    #[test]
    fn anything_but_a_range_is_no_answer() {
        for text in ["<html>maintenance</html>", "a:b", "not found"] {
            assert_eq!(contains(text, SUFFIX), None, "{text}");
        }
    }
}
