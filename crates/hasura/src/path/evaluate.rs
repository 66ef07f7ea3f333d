//! Evaluating a path.

use serde_json::{Map, Value};

use super::{Form, Path, Selector, Slice, Step, filter, walk};

/// How many values are visited for one path (denial of service). A token needs only a small part of
/// them; a path such as `metadata..*..*` could go on for hours.
const MOST_VISITS: usize = 200_000;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found<'a> {
    /// Nothing, or `null`.
    Nothing,
    /// A value of the document.
    Value(&'a Value),
    /// A list of such values.
    List(Vec<&'a Value>),
    /// A value that was built and is not in the document.
    Made(Value),
}

/// The path leads past too many values for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it leads past too many values")]
pub(crate) struct TooManyValues;

impl Path {
    /// What the path leads to in `document`.
    ///
    /// A name that is not there, a place outside a list and `null` lead to nothing. In a list of
    /// several values it is enough that one of them has the name.
    ///
    /// # Errors
    ///
    /// [`TooManyValues`] instead of looking at more than a bounded number of them.
    pub(crate) fn find<'a>(&self, document: &'a Value) -> Result<Found<'a>, TooManyValues> {
        if let Form::Nested(names) = &self.form {
            return Ok(match walk::walk(document, names) {
                Value::Null => Found::Nothing,
                value => Found::Made(value),
            });
        }
        let mut search = Search {
            visits_left: MOST_VISITS,
        };
        match search.follow(&self.steps, vec![document]) {
            Ok(values) => Ok(self.form.found(values)),
            Err(Stop::Missing) => Ok(Found::Nothing),
            Err(Stop::TooMany) => Err(TooManyValues),
        }
    }
}

impl Form {
    fn found<'a>(&self, values: Vec<&'a Value>) -> Found<'a> {
        match self {
            Self::List => Found::List(values),
            Self::First | Self::Nested(_) => match values.first() {
                None | Some(Value::Null) => Found::Nothing,
                Some(value) => Found::Value(value),
            },
        }
    }
}

/// Why an evaluation ends without values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The document does not have what the path asks for.
    Missing,
    /// See [`TooManyValues`].
    TooMany,
}

type Values<'a> = Result<Vec<&'a Value>, Stop>;

/// The evaluation of one path.
pub(super) struct Search {
    visits_left: usize,
}

impl Search {
    pub(super) fn follow<'a>(&mut self, steps: &[Step], from: Vec<&'a Value>) -> Values<'a> {
        steps
            .iter()
            .try_fold(from, |values, step| self.step(step, &values))
    }

    fn step<'a>(&mut self, step: &Step, from: &[&'a Value]) -> Values<'a> {
        match step {
            Step::Field(name) => self.named(name, from),
            Step::Wildcard => self.children(from),
            Step::Descent => self.containers(from),
            Step::Select(selectors) => self.select(selectors, from),
            Step::Filter(filter) => self.filter(filter, from),
        }
    }

    fn visit(&mut self, values: usize) -> Result<(), Stop> {
        let left = self.visits_left.checked_sub(values);
        self.visits_left = left.ok_or(Stop::TooMany)?;
        Ok(())
    }

    fn named<'a>(&mut self, name: &str, from: &[&'a Value]) -> Values<'a> {
        self.visit(from.len())?;
        let found: Vec<_> = from.iter().filter_map(|it| it.get(name)).collect();
        if found.is_empty() && !from.is_empty() {
            return Err(Stop::Missing);
        }
        Ok(found)
    }

    fn children<'a>(&mut self, from: &[&'a Value]) -> Values<'a> {
        let mut found = Vec::new();
        for value in from {
            self.visit(1 + count_of_children(value))?;
            found.extend(children_of(value));
        }
        Ok(found)
    }

    /// The values that have children, with all such values below them: each before its children.
    fn containers<'a>(&mut self, from: &[&'a Value]) -> Values<'a> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Value> = from.iter().rev().copied().collect();
        while let Some(value) = waiting.pop() {
            self.visit(1)?;
            let children = children_of(value);
            if !children.is_empty() {
                found.push(value);
            }
            waiting.extend(children.into_iter().rev());
        }
        Ok(found)
    }

    fn select<'a>(&mut self, selectors: &[Selector], from: &[&'a Value]) -> Values<'a> {
        let mut found = Vec::new();
        for selector in selectors {
            if let Selector::Key(name) = selector {
                found.extend(self.named(name, from)?);
                continue;
            }
            for list in lists(from)? {
                let part = part_of(list, selector).ok_or(Stop::Missing)?;
                self.visit(1 + part.len())?;
                found.extend(part);
            }
        }
        Ok(found)
    }

    fn filter<'a>(&mut self, filter: &super::Filter, from: &[&'a Value]) -> Values<'a> {
        let mut found = Vec::new();
        for list in lists(from)? {
            for item in list {
                self.visit(1)?;
                if filter::keeps(filter, item, self)? {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }
}

/// The lists among `from`, past each `null`. Anything else is no list, nor are nulls alone.
fn lists<'a>(from: &[&'a Value]) -> Result<Vec<&'a Vec<Value>>, Stop> {
    let present = from.iter().filter(|it| !it.is_null());
    let lists = present.map(|it| it.as_array());
    let lists: Vec<_> = lists.collect::<Option<_>>().ok_or(Stop::Missing)?;
    if lists.is_empty() && !from.is_empty() {
        return Err(Stop::Missing);
    }
    Ok(lists)
}

/// What of `list` is selected; `None` when it is not that long.
fn part_of<'a>(list: &'a [Value], selector: &Selector) -> Option<Vec<&'a Value>> {
    match selector {
        Selector::All => Some(list.iter().collect()),
        Selector::Index(place) => {
            let place = usize::try_from(from_start(*place, list)?).ok()?;
            list.get(place).map(|it| vec![it])
        }
        Selector::Slice(slice) => slice.of(list),
        Selector::Key(_) => None,
    }
}

impl Slice {
    /// As Kubernetes does, a slice that reaches beyond the list is `None`, unless it is empty.
    fn of<'a>(&self, list: &'a [Value]) -> Option<Vec<&'a Value>> {
        let length = i64::try_from(list.len()).ok()?;
        let from = from_start(self.from.unwrap_or(0), list)?;
        let to = from_start(self.to.unwrap_or(length), list)?;
        if from == to {
            return Some(Vec::new());
        }
        let range = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
        let part = list.get(range)?;
        Some(part.iter().step_by(self.by).collect())
    }
}

/// The place counted from the start, which lies before it when the list is too short.
fn from_start(place: i64, list: &[Value]) -> Option<i64> {
    if place >= 0 {
        return Some(place);
    }
    Some(place + i64::try_from(list.len()).ok()?)
}

fn children_of(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => sorted(members).into_iter().map(|(_, it)| it).collect(),
        _ => Vec::new(),
    }
}

fn count_of_children(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// The members of an object in the order of their names: the order of a JSON library depends on
/// build features.
pub(crate) fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "k": "v",
            "n": null,
            "l": ["a", "b", "c", "d"],
            "empty": [],
            "lm": [{ "id": 1 }, { "id": 2 }, { "id": 3 }],
            "d": [
                { "v": "a", "n": 1, "id": "d1" },
                { "v": "b", "n": 2, "id": "d2" },
                { "v": "a", "n": 3, "id": "d3" },
            ],
            "teams": [
                { "name": "red", "members": [{ "id": 1 }, { "id": 2 }] },
                { "name": "blue", "members": [] },
                { "name": "gone", "members": null },
            ],
            "o": { "x": { "id": 8 }, "w": { "id": 7, "deep": { "id": 9 } } },
            "a key": { "b.c": 5 },
        })
    }

    /// What a path finds, as JSON; `None` for nothing.
    fn find(path: &str) -> Option<Value> {
        let document = document();
        match Path::parse(path).unwrap().find(&document).unwrap() {
            Found::Nothing => None,
            Found::Value(value) => Some(value.clone()),
            Found::List(values) => Some(values.into_iter().cloned().collect()),
            Found::Made(value) => Some(value),
        }
    }

    fn check(cases: &[(&str, Value)]) {
        for (path, expected) in cases {
            assert_eq!(find(path).as_ref(), Some(expected), "{path}");
        }
    }

    fn finds_nothing(paths: &[&str]) {
        for path in paths {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn a_name_leads_to_a_member() {
        check(&[
            ("k", json!("v")),
            ("o.w.deep.id", json!(9)),
            ("o['w'].id", json!(7)),
            (r"a\ key['b.c']", json!(5)),
        ]);
    }

    #[test]
    fn what_is_missing_or_null_is_nothing() {
        finds_nothing(&["x", "k.x", "x.x", "n", "n.x", "l.x", "o['x'].y", "n[0]"]);
        finds_nothing(&["x[*].id", "n[*].id", "k[*].id", "lm[*].x", "x[?(@.y)]"]);
        finds_nothing(&["n[*]", "n[?(@.y)]", "k[0]", "o[0]", "o[*]"]);
    }

    #[test]
    fn a_place_leads_to_an_item_and_outside_of_the_list_to_nothing() {
        check(&[
            ("l[0]", json!("a")),
            ("l[3]", json!("d")),
            ("l[-1]", json!("d")),
            ("l[-4]", json!("a")),
            ("lm[1].id", json!(2)),
        ]);
        finds_nothing(&["l[4]", "l[-5]", "empty[0]", "empty[-1]"]);
        finds_nothing(&["l[9223372036854775807]", "l[-9223372036854775808]"]);
    }

    #[test]
    fn of_a_slice_or_a_union_the_first_value_is_found() {
        check(&[
            ("l[1:3]", json!("b")),
            ("l[-2:]", json!("c")),
            ("l[:2]", json!("a")),
            ("l[2,0]", json!("c")),
            ("l[-1,0]", json!("d")),
        ]);
        finds_nothing(&[
            "l[2:2]",
            "l[3:1]",
            "l[1:5]",
            "l[9:]",
            "l[0,9]",
            "k['x','y']",
        ]);
    }

    #[test]
    fn slices_and_unions_keep_all_they_select_in_their_order() {
        let lists = |path| {
            let mut parsed = Path::parse(path).unwrap();
            parsed.form = Form::List;
            let document = document();
            let Found::List(values) = parsed.find(&document).unwrap() else {
                panic!("{path} is no list");
            };
            values.into_iter().cloned().collect::<Value>()
        };

        assert_eq!(lists("l[1:3]"), json!(["b", "c"]));
        assert_eq!(lists("l[::2]"), json!(["a", "c"]));
        assert_eq!(lists("l[1::9223372036854775807]"), json!(["b"]));
        assert_eq!(
            lists("l[3,0:2,*]"),
            json!(["d", "a", "b", "a", "b", "c", "d"])
        );
        assert_eq!(lists("o['x','w'].id"), json!([8, 7]));
        assert_eq!(lists("o.*.id"), json!([7, 8]));
        assert_eq!(lists("o..id"), json!([7, 9, 8]));
    }

    #[test]
    fn brackets_and_filters_find_a_list_of_everything() {
        check(&[
            ("lm[].id", json!([1, 2, 3])),
            ("lm[*].id", json!([1, 2, 3])),
            ("l[*]", json!(["a", "b", "c", "d"])),
            ("empty[*]", json!([])),
            ("empty[].id", json!([])),
            ("teams[].members[*].id", json!([1, 2])),
            ("teams[*].name", json!(["red", "blue", "gone"])),
            ("d[?(@.v == 'a')].id", json!(["d1", "d3"])),
            ("d[?(@.v == 'z')].id", json!([])),
            ("d[?(@.v == 'b')].id", json!(["d2"])),
        ]);
    }

    #[test]
    fn stars_and_descents_find_the_first_by_name() {
        check(&[
            ("o.*.id", json!(7)),
            ("o..id", json!(7)),
            ("l.*", json!("a")),
            ("o..deep.id", json!(9)),
        ]);
        finds_nothing(&["k.*", "o..nowhere", "k..id"]);
    }

    #[test]
    fn no_path_goes_on_for_long() {
        let mut deep = json!(0);
        for _ in 0..100 {
            deep = json!([deep, 0]);
        }
        let wide = Value::from(vec![0; 500]);
        let document = json!({ "metadata": { "deep": deep, "wide": wide } });

        for path in [
            format!("metadata{}", "..*".repeat(20)),
            format!("metadata{}", "..[*]".repeat(20)),
            format!("metadata.wide[{}*]", "*,".repeat(50)) + &"[*,*]".repeat(20),
            format!("metadata.wide{}", "[?(@..x)]".repeat(3)),
            "metadata.wide[?(@.x)].wide[*]".to_owned(),
        ] {
            // Whatever the outcome, it ends and does not panic.
            let _outcome = Path::parse(&path).unwrap().find(&document);
        }
        let path = Path::parse(&format!("metadata{}", "..*".repeat(20))).unwrap();
        assert_eq!(path.find(&document), Err(TooManyValues));
    }
}
