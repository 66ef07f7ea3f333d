//! Parsing a path.
//!
//! Filters hold no filters, so nothing here recurses, and a path has a bounded number of steps.

use serde_json::{Number, Value};

use super::{Comparison, Filter, Form, InvalidPath, Operand, Path, Selector, Slice, Step};

/// Most steps of a path, or of a path within a filter.
const MOST_STEPS: usize = 64;

/// Comparisons, those first that begin like another.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Path {
    /// Reads a path, which begins with a name.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] with the place of what cannot be read.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPath> {
        let text = text.trim();
        let mut cursor = Cursor { text, read: 0 };
        let mut steps = vec![cursor.field()?];
        cursor.steps(&mut steps)?;
        if !cursor.rest().is_empty() {
            return Err(cursor.unexpected("a dot, a bracket or the end of the path"));
        }
        let form = form(&steps, text.ends_with("[]"));
        Ok(Self { steps, form })
    }
}

fn form(steps: &[Step], ends_in_brackets: bool) -> Form {
    if ends_in_brackets && let Some(names) = plain_names(steps) {
        return Form::Nested(names);
    }
    let is_many = |step: &Step| is_all(step) || matches!(step, Step::Filter(_));
    if steps.iter().any(is_many) {
        Form::List
    } else {
        Form::First
    }
}

fn is_all(step: &Step) -> bool {
    matches!(step, Step::Select(selectors) if *selectors == [Selector::All])
}

/// The names of a path that has nothing else but `[]` and `[*]`.
fn plain_names(steps: &[Step]) -> Option<Vec<String>> {
    let steps = steps.iter().filter(|step| !is_all(step));
    steps
        .map(|step| match step {
            Step::Field(name) => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// A place in a text that is being read.
struct Cursor<'a> {
    text: &'a str,
    /// How many bytes were read, always up to the end of a character.
    read: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.read..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.read += next.len_utf8();
        Some(next)
    }

    /// Reads `token` if it comes next.
    fn eat(&mut self, token: &str) -> bool {
        let comes = self.rest().starts_with(token);
        if comes {
            self.read += token.len();
        }
        comes
    }

    fn expect(&mut self, token: &'static str) -> Result<(), InvalidPath> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(self.unexpected(token))
        }
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|it| !fits(it)).unwrap_or(rest.len());
        self.read += end;
        rest.get(..end).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn unexpected(&self, expected: &'static str) -> InvalidPath {
        let read = self.text.get(..self.read).unwrap_or_default();
        InvalidPath::Unexpected {
            expected,
            position: read.chars().count() + 1,
        }
    }

    /// Reads on as long as there are steps.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), InvalidPath> {
        loop {
            if self.eat("..") {
                steps.push(Step::Descent);
                if self.peek() != Some('[') {
                    steps.push(self.field()?);
                }
            } else if self.eat(".") {
                steps.push(self.field()?);
            } else if self.eat("[?(") {
                steps.push(Step::Filter(self.filter()?));
            } else if self.eat("[") {
                steps.push(Step::Select(self.selectors()?));
            } else {
                return Ok(());
            }
            if steps.len() > MOST_STEPS {
                return Err(InvalidPath::TooLong(MOST_STEPS));
            }
        }
    }

    /// A name or `*`.
    fn field(&mut self) -> Result<Step, InvalidPath> {
        if self.eat("*") {
            return Ok(Step::Wildcard);
        }
        let mut name = String::new();
        while let Some(next) = self.peek().filter(|it| !ends_name(*it)) {
            self.next();
            match next {
                '\\' => name.push(self.escaped()?),
                plain => name.push(plain),
            }
        }
        if name.is_empty() {
            return Err(self.unexpected("a name"));
        }
        Ok(Step::Field(name))
    }

    /// What follows a backslash, as it is.
    fn escaped(&mut self) -> Result<char, InvalidPath> {
        let unexpected = self.unexpected("a character");
        self.next().ok_or(unexpected)
    }

    /// What follows an opening bracket.
    fn selectors(&mut self) -> Result<Vec<Selector>, InvalidPath> {
        if self.eat("]") {
            return Ok(vec![Selector::All]);
        }
        let mut selectors = Vec::new();
        loop {
            self.skip_spaces();
            selectors.push(self.selector()?);
            self.skip_spaces();
            if self.eat("]") {
                return Ok(selectors);
            }
            self.expect(",")?;
            if selectors.len() > MOST_STEPS {
                return Err(InvalidPath::TooLong(MOST_STEPS));
            }
        }
    }

    fn selector(&mut self) -> Result<Selector, InvalidPath> {
        if self.eat("*") {
            return Ok(Selector::All);
        }
        if let Some(key) = self.quoted()? {
            return Ok(Selector::Key(key));
        }
        let unexpected = self.unexpected("a place in a list, a quoted name or *");
        let places = self.take_while(|it| it.is_ascii_digit() || it == '-' || it == ':');
        selector_of_places(places).ok_or(unexpected)
    }

    /// What is between two quotation marks, if one comes next.
    fn quoted(&mut self) -> Result<Option<String>, InvalidPath> {
        let Some(mark) = self.peek().filter(|it| matches!(it, '\'' | '"')) else {
            return Ok(None);
        };
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.unexpected("a closing quotation mark")),
                Some('\\') => text.push(self.escaped()?),
                Some(end) if end == mark => return Ok(Some(text)),
                Some(plain) => text.push(plain),
            }
        }
    }

    /// What follows `[?(`.
    fn filter(&mut self) -> Result<Filter, InvalidPath> {
        self.skip_spaces();
        let has_to_exist = self.unexpected("@");
        let left = self.operand()?;
        self.skip_spaces();
        let comparison = match self.comparison() {
            Some(comparison) => {
                self.skip_spaces();
                Some((comparison, self.operand()?))
            }
            None if matches!(left, Operand::Literal(_)) => return Err(has_to_exist),
            None => None,
        };
        self.skip_spaces();
        self.expect(")]")?;
        Ok(Filter { left, comparison })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let mut comparisons = COMPARISONS.into_iter();
        let found = comparisons.find(|(token, _)| self.eat(token))?;
        Some(found.1)
    }

    fn operand(&mut self) -> Result<Operand, InvalidPath> {
        if self.eat("@") {
            return self.item_path().map(Operand::Item);
        }
        if let Some(text) = self.quoted()? {
            return Ok(Operand::Literal(Value::String(text)));
        }
        let unexpected = self.unexpected("@, a quoted text, a number, true or false");
        let word = self.take_while(|it| it.is_ascii_alphanumeric() || "+-.".contains(it));
        match word {
            "true" => Ok(Operand::Literal(Value::Bool(true))),
            "false" => Ok(Operand::Literal(Value::Bool(false))),
            number => number
                .parse::<Number>()
                .map(|number| Operand::Literal(Value::Number(number)))
                .map_err(|_no_number| unexpected),
        }
    }

    /// The steps after `@`, which hold no filter.
    fn item_path(&mut self) -> Result<Vec<Step>, InvalidPath> {
        let end = self.rest().find("[?(").map(|at| self.read + at);
        let mut steps = Vec::new();
        let mut within = Cursor {
            text: end.map_or(self.text, |end| self.text.get(..end).unwrap_or_default()),
            read: self.read,
        };
        within.steps(&mut steps)?;
        self.read = within.read;
        Ok(steps)
    }
}

/// Whether a name cannot go on with this character unless a backslash precedes it.
fn ends_name(it: char) -> bool {
    it.is_whitespace() || ".,[](){}$@=!<>'\"*".contains(it)
}

/// `n`, `from:to` or `from:to:by`
fn selector_of_places(text: &str) -> Option<Selector> {
    let mut places = text.split(':');
    let mut place = || -> Option<Option<i64>> {
        match places.next() {
            None | Some("") => Some(None),
            Some(place) => place.parse().ok().map(Some),
        }
    };
    let (from, to, by) = (place()?, place()?, place()?);
    if places.next().is_some() {
        return None;
    }
    if !text.contains(':') {
        return from.map(Selector::Index);
    }
    let by = usize::try_from(by.unwrap_or(1)).ok().filter(|by| *by > 0)?;
    Some(Selector::Slice(Slice { from, to, by }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        Path::parse(text).unwrap().steps
    }

    fn field(name: &str) -> Step {
        Step::Field(name.to_owned())
    }

    fn select(selector: Selector) -> Step {
        Step::Select(vec![selector])
    }

    fn refused(text: &str) -> String {
        Path::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn names_are_separated_by_dots() {
        assert_eq!(steps(" a.b_c.d-e "), ["a", "b_c", "d-e"].map(field));
        assert_eq!(steps(r"metadata.a\.b"), ["metadata", "a.b"].map(field));
    }

    #[test]
    fn brackets_hold_places_slices_names_and_unions() {
        let slice = |from, to, by| select(Selector::Slice(Slice { from, to, by }));
        for (text, step) in [
            ("a[]", select(Selector::All)),
            ("a[*]", select(Selector::All)),
            ("a[2]", select(Selector::Index(2))),
            ("a[-1]", select(Selector::Index(-1))),
            ("a[1:3]", slice(Some(1), Some(3), 1)),
            ("a[:-1]", slice(None, Some(-1), 1)),
            ("a[::2]", slice(None, None, 2)),
            ("a['b c.d']", select(Selector::Key("b c.d".to_owned()))),
            ("a[\"b]\"]", select(Selector::Key("b]".to_owned()))),
            (r"a['it\'s']", select(Selector::Key("it's".to_owned()))),
            (
                "a[0, 2]",
                Step::Select(vec![Selector::Index(0), Selector::Index(2)]),
            ),
        ] {
            assert_eq!(steps(text), [field("a"), step], "{text}");
        }
    }

    #[test]
    fn stars_and_descents_stand_in_the_place_of_names() {
        let expected = [field("a"), Step::Wildcard, Step::Descent, field("b")];
        assert_eq!(steps("a.*..b"), expected);
        let expected = [field("a"), Step::Descent, select(Selector::Index(0))];
        assert_eq!(steps("a..[0]"), expected);
    }

    #[test]
    fn a_filter_compares_two_sides_or_asks_for_one() {
        let item = |names: &[&str]| Operand::Item(names.iter().map(|it| field(it)).collect());
        let literal = |value: Value| Operand::Literal(value);
        let filter = |left, comparison| [field("a"), Step::Filter(Filter { left, comparison })];
        for (text, left, comparison) in [
            (
                "a[?(@.v == 'x')]",
                item(&["v"]),
                Some((Comparison::Equal, literal("x".into()))),
            ),
            (
                "a[?( @.v.w!=\"x)]\" )]",
                item(&["v", "w"]),
                Some((Comparison::NotEqual, literal("x)]".into()))),
            ),
            (
                "a[?(@.n<=-1.5)]",
                item(&["n"]),
                Some((Comparison::LessOrEqual, literal((-1.5).into()))),
            ),
            (
                "a[?(@ > 3)]",
                item(&[]),
                Some((Comparison::Greater, literal(3.into()))),
            ),
            (
                "a[?(true==@.b)]",
                literal(true.into()),
                Some((Comparison::Equal, item(&["b"]))),
            ),
            ("a[?(@.v)]", item(&["v"]), None),
        ] {
            assert_eq!(steps(text), filter(left, comparison), "{text}");
        }
    }

    #[test]
    fn brackets_and_filters_make_a_list_and_a_last_pair_keeps_lists_as_they_are() {
        let form = |text| Path::parse(text).unwrap().form;
        let nested = |names: &[&str]| Form::Nested(names.iter().map(ToString::to_string).collect());

        for text in ["a.b", "a[0]", "a[0:2]", "a[0,1]", "a.*", "a..b", "a['b']"] {
            assert_eq!(form(text), Form::First, "{text}");
        }
        for text in ["a[].b", "a[*]", "a[*].b", "a[?(@.b)]", "a[?(@.b)].c[]"] {
            assert_eq!(form(text), Form::List, "{text}");
        }
        assert_eq!(form("a.b[]"), nested(&["a", "b"]));
        assert_eq!(form("a[].b[]"), nested(&["a", "b"]));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        assert_eq!(refused(""), "a name is expected at character 1");
        assert_eq!(refused("a..b..."), "a name is expected at character 7");
        assert_eq!(refused("\u{e4}.[0]"), "a name is expected at character 3");
        assert_eq!(
            refused("a[?(@.b == c)]"),
            "@, a quoted text, a number, true or false is expected at character 12"
        );
    }

    #[test]
    fn nothing_else_is_a_path() {
        for text in [
            ".",
            ".a",
            "a.",
            "a b",
            "$.a",
            "@.a",
            "[0]",
            "['a']",
            "a[",
            "a[0",
            "a]",
            "a[b]",
            "a[0,]",
            "a[,]",
            "a[-]",
            "a[1:2:3:4]",
            "a[::0]",
            "a[::-1]",
            "a[99999999999999999999]",
            "a['b]",
            "a['b\\",
            "a\\",
            "a[?]",
            "a[?(",
            "a[?()]",
            "a[?(@.b]",
            "a[?(@.b = 'c')]",
            "a[?(@.b == )]",
            "a[?(@.b == 'c')",
            "a[?(@.b == 'c' && @.d)]",
            "a[?('b')]",
            "a[?(@.b[?(@.c)])]",
            "a{b}",
            "a[0]b",
            "a b{c}",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_has_an_end() {
        for text in [
            format!("a{}", ".b".repeat(64)),
            format!("a{}", "[0]".repeat(100_000)),
            format!("a[?(@{})]", ".b".repeat(65)),
            format!("a[0{}]", ",0".repeat(65)),
        ] {
            assert_eq!(Path::parse(&text), Err(InvalidPath::TooLong(MOST_STEPS)));
        }
        assert!(Path::parse(&format!("a{}", ".b".repeat(63))).is_ok());
        assert!(Path::parse(&"[".repeat(100_000)).is_err());
        assert!(Path::parse(&format!("a{}", "[?(@".repeat(100_000))).is_err());
    }
}
