//! The query for everything that some paths pass through.

use std::collections::BTreeMap;

use crate::path::{InvalidPath, Path, Step};

/// The column of users that holds JSON. GraphQL gives it as a whole.
const JSON_COLUMN: &str = "metadata";

/// The fields of a query, each with those within it. Without any the field is a leaf.
#[derive(Debug, Default)]
pub(crate) struct Selection(BTreeMap<String, Selection>);

impl Selection {
    /// Adds the fields that `path` passes through.
    ///
    /// Brackets add none, apart from the fields that a filter reads.
    ///
    /// # Errors
    ///
    /// [`InvalidPath::NotAField`] for a step that cannot be a field in GraphQL.
    pub(crate) fn add(&mut self, path: &Path) -> Result<(), InvalidPath> {
        self.add_steps(&path.steps)
    }

    fn add_steps(&mut self, steps: &[Step]) -> Result<(), InvalidPath> {
        let mut level = self;
        for step in steps {
            match step {
                Step::Field(name) if name == JSON_COLUMN => {
                    level.field(name)?;
                    return Ok(());
                }
                Step::Field(name) => level = level.field(name)?,
                Step::Select(_) => {}
                Step::Filter(filter) => filter
                    .item_paths()
                    .try_for_each(|steps| level.add_steps(steps))?,
                Step::Wildcard => return Err(InvalidPath::NotAField("*".to_owned())),
                Step::Descent => return Err(InvalidPath::NotAField("..".to_owned())),
            }
        }
        Ok(())
    }

    fn field(&mut self, name: &str) -> Result<&mut Self, InvalidPath> {
        if !is_name(name) {
            return Err(InvalidPath::NotAField(name.to_owned()));
        }
        Ok(self.0.entry(name.to_owned()).or_default())
    }

    /// The query for a user with an id, to the byte as Hasura Auth writes it.
    pub(crate) fn query(&self) -> String {
        let mut query = "query GetClaims($id: uuid!) { user(id:$id) ".to_owned();
        self.write(&mut query);
        query.push_str(" }");
        query
    }

    /// Recurses only as deep as the longest path has steps.
    fn write(&self, query: &mut String) {
        query.push('{');
        for (name, within) in &self.0 {
            query.push_str(name);
            if within.0.is_empty() {
                query.push(' ');
            } else {
                within.write(query);
            }
        }
        query.push('}');
    }
}

/// Whether this is a name in GraphQL (October 2021, §2.1.9): nothing else gets into the query
/// (query injection).
fn is_name(text: &str) -> bool {
    let is_start = |it: char| it.is_ascii_alphabetic() || it == '_';
    text.starts_with(is_start) && text.chars().all(|it| is_start(it) || it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(paths: &[&str]) -> Result<Selection, InvalidPath> {
        let mut selection = Selection::default();
        for path in paths {
            selection.add(&Path::parse(path)?)?;
        }
        Ok(selection)
    }

    fn user(paths: &[&str]) -> String {
        let mut text = String::new();
        selection(paths).unwrap().write(&mut text);
        text
    }

    #[test]
    fn the_example_of_hasura_auth_comes_out_to_the_byte() {
        let paths = [
            "m",
            "m.k",
            "m.l[2]",
            "m.l2[]",
            "m.lm[].id",
            "metadata.m1",
            "nonexistent.nonexistent",
            "m.d[?(@.v == 'a')].id",
        ];

        let query = selection(&paths).unwrap().query();

        assert_eq!(
            query,
            "query GetClaims($id: uuid!) { user(id:$id) {m{d{id v }k l l2 lm{id }}metadata \
             nonexistent{nonexistent }} }"
        );
    }

    #[test]
    fn a_field_that_is_leaf_and_branch_is_a_branch() {
        assert_eq!(user(&["m", "m.k"]), "{m{k }}");
        assert_eq!(user(&["m.k", "m"]), "{m{k }}");
    }

    #[test]
    fn brackets_ask_for_nothing() {
        for path in [
            "a[].b", "a[*].b", "a[0].b", "a[0:2].b", "a[0,1].b", "a['x'].b",
        ] {
            assert_eq!(user(&[path]), "{a{b }}", "{path}");
        }
        assert_eq!(user(&["settings['theme']"]), "{settings }");
    }

    #[test]
    fn the_fields_of_a_filter_are_asked_for() {
        assert_eq!(user(&["a[?(@.b == 'c.d[]')]"]), "{a{b }}");
        assert_eq!(user(&["a[?(@.b.c == @.d)].e"]), "{a{b{c }d e }}");
    }

    #[test]
    fn metadata_is_asked_for_as_a_whole_wherever_it_is() {
        for path in ["metadata", "metadata.a.b", "metadata..x", "metadata.*"] {
            assert_eq!(user(&[path]), "{metadata }", "{path}");
        }
        assert_eq!(user(&["metadata.list[?(@.\u{e4}-x)]"]), "{metadata }");
        assert_eq!(user(&["profile.metadata.a"]), "{profile{metadata }}");
    }

    #[test]
    fn nothing_but_names_gets_into_the_query() {
        for path in [
            "a.*",
            "a..b",
            "*",
            "a.0",
            "a-b",
            r"a\{b\}",
            r"a\ b",
            r"a\(where:1\)",
            r"a\#",
            "\u{e4}",
            "a[?(@.b-c)]",
            "a[?(@..b)]",
        ] {
            let refused = selection(&[path]).unwrap_err();
            assert!(matches!(refused, InvalidPath::NotAField(_)), "{path}");
        }
    }
}
