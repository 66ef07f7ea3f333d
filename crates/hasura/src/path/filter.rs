//! Evaluating a filter.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{
    Comparison, Filter, Operand,
    evaluate::{Search, Stop},
};

/// Whether `filter` keeps `item`.
///
/// Without a comparison it is enough that a value exists, even `null`. A comparison needs one value
/// on each side, both texts, both numbers or both truth values; any other item is left out, also by
/// `!=`.
pub(super) fn keeps(filter: &Filter, item: &Value, search: &mut Search) -> Result<bool, Stop> {
    let left = values(&filter.left, item, search)?;
    let Some((comparison, right)) = &filter.comparison else {
        return Ok(!left.is_empty());
    };
    let right = values(right, item, search)?;
    let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
        return Ok(false);
    };
    Ok(order(left, right).is_some_and(|order| comparison.holds(order)))
}

fn values<'a>(
    operand: &'a Operand,
    item: &'a Value,
    search: &mut Search,
) -> Result<Vec<&'a Value>, Stop> {
    match operand {
        Operand::Literal(value) => Ok(vec![value]),
        Operand::Item(steps) => match search.follow(steps, vec![item]) {
            Err(Stop::Missing) => Ok(Vec::new()),
            outcome => outcome,
        },
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => order_of_numbers(left, right),
        _ => None,
    }
}

fn order_of_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::path::{Found, Path};

    /// The ids of the items that `filter` keeps.
    fn kept(filter: &str) -> Vec<i64> {
        let document = json!({ "items": [
            { "id": 1, "s": "a", "n": 1, "b": true, "o": { "s": "a" } },
            { "id": 2, "s": "b", "n": 2.5, "b": false, "o": { "s": "x" } },
            { "id": 3, "s": null, "n": null, "b": null, "o": null },
            { "id": 4, "s": 7, "n": "1", "l": ["a", "b"] },
        ]});
        let path = Path::parse(&format!("items[?({filter})].id")).unwrap();
        match path.find(&document).unwrap() {
            Found::List(ids) => ids.iter().map(|it| it.as_i64().unwrap()).collect(),
            other => panic!("{filter}: {other:?}"),
        }
    }

    #[test]
    fn texts_numbers_and_truth_values_are_compared_with_their_like() {
        for (filter, expected) in [
            ("@.s == 'a'", vec![1]),
            ("@.s != 'a'", vec![2]),
            ("@.s > 'a'", vec![2]),
            ("@.s == 7", vec![4]),
            ("@.n == 1", vec![1]),
            ("@.n == 1.0", vec![1]),
            ("@.n == '1'", vec![4]),
            ("@.n < 2.5", vec![1]),
            ("@.n <= 2.5", vec![1, 2]),
            ("@.n > 1", vec![2]),
            ("@.n >= 1", vec![1, 2]),
            ("@.b == true", vec![1]),
            ("@.b != true", vec![2]),
            ("'a' == @.s", vec![1]),
            ("@.o.s == @.s", vec![1]),
            ("@.l[1] == 'b'", vec![4]),
        ] {
            assert_eq!(kept(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_not_kept() {
        for filter in ["@.x == 'a'", "@.x != 'a'", "@.o == 'a'", "@.l[*] == 'a'"] {
            assert_eq!(kept(filter), [0; 0], "{filter}");
        }
    }

    #[test]
    fn without_a_comparison_being_there_is_enough() {
        assert_eq!(kept("@.b"), [1, 2, 3]);
        assert_eq!(kept("@.o.s"), [1, 2]);
        assert_eq!(kept("@.l[1]"), [4]);
        assert_eq!(kept("@.x"), [0; 0]);
    }
}
