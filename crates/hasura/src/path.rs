//! Paths through the response about a user: the part of Kubernetes' JSON paths that Hasura Auth
//! documents, with bounded running time.

mod evaluate;
mod filter;
mod parse;
mod walk;

use serde_json::Value;

pub(crate) use self::evaluate::{Found, TooManyValues, sorted};

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
    form: Form,
}

/// The result of a path that leads to several values.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// The first of them.
    First,
    /// A list of all of them.
    List,
    /// Lists within lists, as they are nested along these names.
    Nested(Vec<String>),
}

/// One step, from some values to others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// `.name`
    Field(String),
    /// `.*`
    Wildcard,
    /// `..`
    Descent,
    /// `[…]`, with its parts between commas.
    Select(Vec<Selector>),
    /// `[?(…)]`
    Filter(Filter),
}

/// One part of a selection in brackets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    /// `['name']`
    Key(String),
    /// `[]` or `[*]`
    All,
    /// `[0]`; below zero it counts from the end.
    Index(i64),
    /// `[from:to:by]`
    Slice(Slice),
}

/// A part of a list. Places below zero count from the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slice {
    from: Option<i64>,
    to: Option<i64>,
    by: usize,
}

/// Which items of a list are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    left: Operand,
    /// Without it, `left` has to exist.
    comparison: Option<(Comparison, Operand)>,
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
enum Operand {
    /// `@…`: what the item leads to.
    Item(Vec<Step>),
    /// A text, a number or a truth value.
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// A syntax error.
    #[error("{expected} is expected at character {position}")]
    Unexpected {
        /// What should stand there.
        expected: &'static str,
        /// Where, counted from 1.
        position: usize,
    },
    /// The path is too long.
    #[error("it has more than {0} steps")]
    TooLong(usize),
    /// The name is none in GraphQL.
    #[error(
        "{0:?} is no name that GraphQL could be asked for; only what lies within metadata, or is \
         written as ['name'], may have any"
    )]
    NotAField(String),
}

impl Filter {
    /// The paths from an item of the list.
    pub(crate) fn item_paths(&self) -> impl Iterator<Item = &[Step]> {
        let right = self.comparison.as_ref().map(|(_, right)| right);
        [Some(&self.left), right]
            .into_iter()
            .flatten()
            .filter_map(|operand| match operand {
                Operand::Item(steps) => Some(steps.as_slice()),
                Operand::Literal(_) => None,
            })
    }
}
