//! The value of a claim as text, as Hasura reads session variables.
//!
//! JSON is written as Go writes it, because the operator's roles and permissions were written for
//! that.

use serde_json::{Number, Value};

use crate::path::{Found, sorted};

/// The most bytes of one claim. No server accepts a longer token.
const LONGEST: usize = 64 * 1024;

/// A claim is longer than any token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value has more than {LONGEST} bytes")]
pub(crate) struct TooLong;

/// The text of what a path found; `default` for nothing.
pub(crate) fn of_found(found: &Found<'_>, default: &str) -> Result<String, TooLong> {
    match found {
        Found::Nothing => Ok(default.to_owned()),
        Found::Value(value) => of_value(value),
        Found::Made(value) => of_value(value),
        Found::List(values) => of_list(values.iter().copied()),
    }
}

/// The text of a value: a string is itself, and a list is an array of PostgreSQL.
pub(crate) fn of_value(value: &Value) -> Result<String, TooLong> {
    match value {
        Value::String(text) if text.len() > LONGEST => Err(TooLong),
        Value::String(text) => Ok(text.clone()),
        Value::Array(items) => of_list(items),
        other => {
            let mut json = Json::default();
            json.value(other)?;
            Ok(json.0)
        }
    }
}

/// As PostgreSQL writes an array, but for lists within it, which stay JSON.
fn of_list<'a>(items: impl IntoIterator<Item = &'a Value>) -> Result<String, TooLong> {
    let mut json = Json::default();
    json.items('{', items, '}')?;
    Ok(json.0)
}

/// JSON that is being written. Recurses as deep as the value, which was parsed with a limit of 128.
#[derive(Default)]
struct Json(String);

impl Json {
    fn value(&mut self, value: &Value) -> Result<(), TooLong> {
        match value {
            Value::Null => self.0.push_str("null"),
            Value::Bool(flag) => self.0.push_str(&flag.to_string()),
            Value::Number(number) => self.0.push_str(&number_text(number)),
            Value::String(text) => self.quoted(text),
            Value::Array(items) => self.items('[', items, ']')?,
            Value::Object(members) => {
                self.0.push('{');
                for (place, (name, value)) in sorted(members).into_iter().enumerate() {
                    self.comma(place);
                    self.quoted(name);
                    self.0.push(':');
                    self.value(value)?;
                }
                self.0.push('}');
            }
        }
        if self.0.len() > LONGEST {
            return Err(TooLong);
        }
        Ok(())
    }

    fn items<'a>(
        &mut self,
        open: char,
        items: impl IntoIterator<Item = &'a Value>,
        close: char,
    ) -> Result<(), TooLong> {
        self.0.push(open);
        for (place, item) in items.into_iter().enumerate() {
            self.comma(place);
            self.value(item)?;
        }
        self.0.push(close);
        Ok(())
    }

    fn comma(&mut self, place: usize) {
        if place > 0 {
            self.0.push(',');
        }
    }

    /// Escapes what Go escapes: in addition to JSON, what HTML or JavaScript could misread.
    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                '\u{8}' => self.0.push_str("\\b"),
                '\u{c}' => self.0.push_str("\\f"),
                '\0'..'\u{20}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    let code = format!("\\u{:04x}", u32::from(character));
                    self.0.push_str(&code);
                }
                plain => self.0.push(plain),
            }
        }
        self.0.push('"');
    }
}

/// A number as Go writes it: without a fraction if there is none, and with an exponent only if it
/// is very small or very large.
fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => float_text(float),
        None => number.to_string(),
    }
}

fn float_text(float: f64) -> String {
    let size = float.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return float.to_string();
    }
    let text = format!("{float:e}");
    if text.contains("e-") {
        text
    } else {
        text.replace('e', "e+")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        of_value(value).unwrap()
    }

    #[test]
    fn a_text_is_itself() {
        assert_eq!(text(&json!("a \"b\" <c>")), "a \"b\" <c>");
        assert_eq!(text(&json!("")), "");
    }

    #[test]
    fn other_values_are_json() {
        assert_eq!(text(&json!(null)), "null");
        assert_eq!(text(&json!(true)), "true");
        assert_eq!(text(&json!(123.456)), "123.456");
        assert_eq!(text(&json!({ "k1": "v1" })), r#"{"k1":"v1"}"#);
        assert_eq!(
            text(&json!({ "b": [1], "a": { "d": null, "c": 2 } })),
            r#"{"a":{"c":2,"d":null},"b":[1]}"#
        );
        assert_eq!(text(&json!({})), "{}");
    }

    #[test]
    fn a_list_is_an_array_of_postgresql() {
        assert_eq!(text(&json!([])), "{}");
        assert_eq!(text(&json!(["a", "b"])), r#"{"a","b"}"#);
        assert_eq!(text(&json!([1, 2])), "{1,2}");
        assert_eq!(text(&json!([true, null])), "{true,null}");
        assert_eq!(
            text(&json!(["it's \"x\"", "a,b", "\\"])),
            r#"{"it's \"x\"","a,b","\\"}"#
        );
    }

    #[test]
    fn lists_within_a_list_stay_json() {
        assert_eq!(text(&json!([[1, 2], [], [["a"]]])), r#"{[1,2],[],[["a"]]}"#);
    }

    #[test]
    fn json_is_escaped_as_go_does() {
        assert_eq!(
            text(&json!([
                "<a> & \u{2028}\u{2029}",
                "\n\r\t\u{8}\u{c}\u{1}\u{7f}\u{e4}"
            ])),
            "{\"\\u003ca\\u003e \\u0026 \\u2028\\u2029\",\"\\n\\r\\t\\b\\f\\u0001\u{7f}\u{e4}\"}"
        );
        assert_eq!(text(&json!({ "<": 1 })), r#"{"\u003c":1}"#);
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        let read = |number| text(&serde_json::from_str(number).unwrap());
        for (number, expected) in [
            ("0", "0"),
            ("-7", "-7"),
            ("1.0", "1"),
            ("100.00", "100"),
            ("12.50", "12.5"),
            ("1e3", "1000"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.5e-9", "1.5e-9"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("-2.5e30", "-2.5e+30"),
            ("0.0", "0"),
            ("9007199254740993", "9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(read(number), expected, "{number}");
        }
    }

    #[test]
    fn nothing_is_the_default() {
        assert_eq!(of_found(&Found::Nothing, "none").unwrap(), "none");
        assert_eq!(of_found(&Found::List(vec![]), "none").unwrap(), "{}");
    }

    #[test]
    fn no_claim_is_longer_than_a_token_could_be() {
        let long = "x".repeat(LONGEST + 1);
        let many = vec![json!(1); LONGEST];

        assert_eq!(of_value(&json!(long)), Err(TooLong));
        assert_eq!(of_value(&json!({ "long": long })), Err(TooLong));
        assert_eq!(of_value(&json!(many)), Err(TooLong));
        let same = json!("x".repeat(1000));
        assert_eq!(
            of_found(&Found::List(vec![&same; 100_000]), ""),
            Err(TooLong)
        );
    }
}
