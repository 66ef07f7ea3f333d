//! Lengths of time as Go's `time.ParseDuration` reads them: `90s`, `1h30m`, `1.5h`, `300ms`.

use std::time::Duration;

/// Units with their length in nanoseconds. A unit that another one begins with comes later.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// Reads a length of time; `None` for negative ones and for text of another form.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let (unit, after) = split_unit(after)?;
        let seconds = number.parse::<f64>().ok()? * unit / 1e9;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// Writes a length of time with the largest unit that leaves a whole number.
pub(crate) fn format(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if milliseconds.is_multiple_of(length) && milliseconds >= length {
            return format!("{}{unit}", milliseconds / length);
        }
    }
    format!("{milliseconds}ms")
}

fn split_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.')?;
    text.split_at_checked(end)
}

fn split_unit(text: &str) -> Option<(f64, &str)> {
    UNITS
        .iter()
        .find_map(|(name, length)| Some((*length, text.strip_prefix(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        for (text, milliseconds) in [
            ("0", 0),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1h0m1s", 3_601_000),
            ("1.5h", 5_400_000),
            ("300ms", 300),
            ("2m3ms", 120_003),
            ("1500us", 1),
        ] {
            let parsed = parse(text).map(|it| it.as_millis());
            assert_eq!(parsed, Some(milliseconds), "{text}");
        }
    }

    #[test]
    fn numbers_without_unit_and_negative_ones_are_refused() {
        for text in [
            "",
            "5",
            "m",
            "-5m",
            "5 m",
            "5mm",
            "1h30",
            "1..5h",
            "5d",
            "99999999999999999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["30s", "5m", "90m", "2h", "1500ms"] {
            assert_eq!(parse(&format(parse(text).unwrap())), parse(text));
        }
        assert_eq!(format(Duration::from_secs(30)), "30s");
        assert_eq!(format(Duration::from_mins(90)), "90m");
    }
}
