//! The older evaluation of a path, which Hasura Auth keeps for paths that end in `[]`.

use serde_json::Value;

/// What `names` lead to: objects are descended by name, and a list on the way becomes a list of
/// what each of its items leads to. What is missing is `null`.
///
/// No value is visited twice, and it recurses only as deep as the document and the path together.
pub(super) fn walk(value: &Value, names: &[String]) -> Value {
    let Some((name, others)) = names.split_first() else {
        return value.clone();
    };
    match value {
        Value::Object(members) => members
            .get(name)
            .map_or(Value::Null, |member| walk(member, others)),
        Value::Array(items) => items.iter().map(|item| walk(item, names)).collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::path::{Found, Path};

    fn find(path: &str) -> Value {
        let document = json!({
            "k": "v",
            "n": null,
            "l": ["a", "b"],
            "empty": [],
            "lm": [{ "id": 1 }, { "id": 2 }, {}],
            "teams": [
                { "members": [{ "id": 1 }, { "id": 2 }] },
                { "members": [] },
                { "members": null },
            ],
        });
        match Path::parse(path).unwrap().find(&document).unwrap() {
            Found::Made(value) => value,
            Found::Nothing => Value::Null,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn lists_are_mapped_over_wherever_they_are_met() {
        assert_eq!(find("l[]"), json!(["a", "b"]));
        assert_eq!(find("lm.id[]"), json!([1, 2, null]));
        assert_eq!(find("lm[].id[]"), json!([1, 2, null]));
        assert_eq!(find("empty[]"), json!([]));
        assert_eq!(find("empty.id[]"), json!([]));
    }

    #[test]
    fn lists_within_lists_stay_nested() {
        let expected = json!([[1, 2], [], null]);
        assert_eq!(find("teams.members.id[]"), expected);
        assert_eq!(find("teams[].members[].id[]"), expected);
    }

    #[test]
    fn what_is_no_list_stays_what_it_is_and_what_is_missing_is_null() {
        assert_eq!(find("k[]"), json!("v"));
        assert_eq!(find("n[]"), Value::Null);
        assert_eq!(find("x[]"), Value::Null);
        assert_eq!(find("k.x[]"), Value::Null);
        assert_eq!(find("x.y[]"), Value::Null);
    }
}
