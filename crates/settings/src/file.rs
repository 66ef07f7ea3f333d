//! Configuration files: TOML, with the line of every value.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    blank, misfit,
    setting::Row,
    source::{Source, place},
    suggestion::did_you_mean,
    table::Table,
    value::Value,
};

/// What a file says about one setting.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Entry {
    /// Its value.
    Value(Value),
    /// The file its value is in.
    In(PathBuf),
    /// What is wrong with its value.
    Unfit(String),
}

/// What a file says, by key.
#[derive(Default)]
pub(crate) struct FileSettings(BTreeMap<&'static str, (Entry, Source)>);

impl FileSettings {
    /// What the file says about `setting`, and where.
    pub(crate) fn get(&self, setting: &Row) -> Option<&(Entry, Source)> {
        self.0.get(setting.key)
    }
}

/// Reads the text of the file at `path`; what is wrong with it is added to `problems`.
pub(crate) fn parse(
    table: &'static Table,
    path: &Path,
    text: &str,
    problems: &mut Vec<String>,
) -> FileSettings {
    let mut reader = Reader {
        table,
        path,
        text,
        problems: Vec::new(),
        settings: FileSettings::default(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        // Only the message: the printed form quotes the line, which may hold a secret.
        let message = error.message().replace('\n', ", ");
        reader.complain(at, &message);
    }
    if errors.is_empty() {
        reader.table("", document.get_ref());
    }
    // Tables are walked in the order of their names; people read files from the top.
    reader.problems.sort();
    for (line, what) in reader.problems {
        problems.push(format!("{}: {what}", place(path, line)));
    }
    reader.settings
}

struct Reader<'a> {
    table: &'static Table,
    path: &'a Path,
    text: &'a str,
    problems: Vec<(usize, String)>,
    settings: FileSettings,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let at = name.span().start;
            if let Some(setting) = self.table.by_key(&key) {
                self.value(setting, value, at);
            } else if let Some(setting) = self.secret_in_file(&key) {
                self.path_of(setting, value, at);
            } else {
                self.no_setting(&key, value, at);
            }
        }
    }

    fn value(&mut self, setting: &'static Row, value: &Spanned<DeValue<'_>>, at: usize) {
        // An empty value counts as not set, as in the environment, so that a key can stay in a file.
        if value.get_ref().as_str() == Some("") {
            return;
        }
        let items = value.get_ref().as_array();
        if let Some(read) = setting.form.read_toml(value.get_ref()) {
            // An empty list is meant; a list of blanks is a mistake.
            if items.is_some_and(|it| !it.is_empty()) && blank::leaves_a_hole(setting, &read) {
                self.unfit(setting, &blank::problem(setting.key), at);
            } else {
                self.insert(setting, Entry::Value(read), at);
            }
        } else {
            let texts = items.map(|it| it.iter().filter_map(|item| item.get_ref().as_str()));
            let of_item = texts.and_then(|it| misfit::problem_of_item(setting, it));
            let problem = of_item.unwrap_or_else(|| {
                let shown = shown(setting, value, self.text);
                format!("expects {}{shown}", setting.form.expects())
            });
            self.unfit(setting, &format!("{} {problem}", setting.key), at);
        }
    }

    fn unfit(&mut self, setting: &'static Row, problem: &str, at: usize) {
        let place = place(self.path, line_of(self.text, at));
        self.insert(setting, Entry::Unfit(format!("{place}: {problem}")), at);
    }

    fn path_of(&mut self, setting: &'static Row, value: &Spanned<DeValue<'_>>, at: usize) {
        match value.get_ref().as_str() {
            Some("") => {}
            Some(path) => self.insert(setting, Entry::In(path.into()), at),
            None => self.complain(at, &format!("{}_file expects a file name", setting.key)),
        }
    }

    fn insert(&mut self, setting: &'static Row, entry: Entry, at: usize) {
        let source = Source::Line(self.path.to_owned(), line_of(self.text, at));
        let earlier = self.settings.0.insert(setting.key, (entry, source));
        if earlier.is_some() {
            let key = setting.key;
            self.complain(
                at,
                &format!("{key} and {key}_file are both set; keep one of them"),
            );
        }
    }

    /// The secret whose `…_file` key this is.
    fn secret_in_file(&self, key: &str) -> Option<&'static Row> {
        let setting = self.table.by_key(key.strip_suffix("_file")?);
        setting.filter(|setting| setting.secret)
    }

    fn no_setting(&mut self, key: &str, value: &Spanned<DeValue<'_>>, at: usize) {
        let prefix = format!("{key}.");
        let is_section = self
            .table
            .rows()
            .any(|setting| setting.key.starts_with(&prefix));
        match value.get_ref() {
            DeValue::Table(table) if is_section => self.table(&prefix, table),
            _ if is_section => self.complain(at, &format!("{key} is a table of settings")),
            DeValue::Table(_) => {
                let sections = self.table.rows().map(Row::table);
                self.unknown(key, did_you_mean(key, sections), at);
            }
            _ => {
                let keys = self.table.rows().map(|setting| setting.key);
                self.unknown(key, did_you_mean(key, keys), at);
            }
        }
    }

    fn unknown(&mut self, key: &str, suggestion: Option<String>, at: usize) {
        let hint = suggestion.unwrap_or_else(|| {
            let program = self.table.program;
            format!("; `{program} config defaults` prints all there are")
        });
        self.complain(at, &format!("{key} is not a setting{hint}"));
    }

    fn complain(&mut self, at: usize, what: &str) {
        let line = line_of(self.text, at);
        self.problems.push((line, what.to_owned()));
    }
}

/// The rejected value as it stands in the file, unless it must not be shown.
fn shown(setting: &Row, value: &Spanned<DeValue<'_>>, text: &str) -> String {
    let raw = text.get(value.span()).unwrap_or_default();
    if setting.secret || raw.contains('\n') {
        String::new()
    } else {
        format!(", not {raw}")
    }
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{PORT, SECRET, TABLE};

    fn problems(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let settings = parse(&TABLE, Path::new("auth.toml"), text, &mut problems);
        let unfit = settings.0.into_values().filter_map(|it| match it {
            (Entry::Unfit(problem), _) => Some(problem),
            _ => None,
        });
        problems.extend(unfit);
        problems.sort();
        problems
    }

    #[test]
    fn a_value_knows_its_line() {
        let text = "[server]\n\n# the port\nport = 4001\n";
        let settings = parse(&TABLE, Path::new("auth.toml"), text, &mut Vec::new());

        let (entry, source) = settings.get(&PORT).unwrap();
        assert_eq!(*entry, Entry::Value(Value::Integer(4001)));
        assert_eq!(source.to_string(), "auth.toml:4");
    }

    #[test]
    fn an_unknown_key_is_reported_with_its_line_and_the_closest_name() {
        assert_eq!(
            problems("[accounts]\ndefault_rol = \"user\"\n"),
            ["auth.toml:2: accounts.default_rol is not a setting; \
                did you mean accounts.default_role?"]
        );
    }

    #[test]
    fn an_unknown_table_is_reported_once() {
        assert_eq!(
            problems("[acounts]\na = 1\nb = 2\n"),
            ["auth.toml:1: acounts is not a setting; did you mean accounts?"]
        );
        assert_eq!(
            problems("[something.else]\na = 1\n"),
            ["auth.toml:1: something is not a setting; \
                `demo config defaults` prints all there are"]
        );
    }

    #[test]
    fn a_wrong_type_is_reported_with_what_would_be_right() {
        assert_eq!(
            problems("server.port = \"4000\"\nserver.conceal_errors = 1\nserver = 3\n"),
            ["auth.toml:3: duplicate key"],
        );
        assert_eq!(
            problems("server.port = \"4000\"\nserver.conceal_errors = 1\nlog = 3\n"),
            [
                "auth.toml:1: server.port expects a whole number from 0 to 65535, not \"4000\"",
                "auth.toml:2: server.conceal_errors expects true or false, not 1",
                "auth.toml:3: log is a table of settings",
            ]
        );
    }

    #[test]
    fn a_rejected_secret_is_not_repeated() {
        let problems = problems("[database]\nurl = \"mysql://root:hunter2@db/x\"\n");

        assert_eq!(problems.len(), 1);
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }

    #[test]
    fn a_syntax_error_does_not_repeat_the_line() {
        let problems = problems("[database]\nurl = \"postgres://root:hunter2@db/x\n");

        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("auth.toml:2: "), "{problems:?}");
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }

    #[test]
    fn a_secret_may_be_in_a_file_of_its_own_but_not_in_two_places() {
        let text = "[jwt]\nsecret_file = \"/run/secrets/jwt\"\n";
        let settings = parse(&TABLE, Path::new("auth.toml"), text, &mut Vec::new());
        let (entry, _) = settings.get(&SECRET).unwrap();
        assert_eq!(*entry, Entry::In("/run/secrets/jwt".into()));

        assert_eq!(
            problems("[jwt]\nsecret = '{}'\nsecret_file = \"x\"\n"),
            ["auth.toml:3: jwt.secret and jwt.secret_file are both set; keep one of them"]
        );
    }

    #[test]
    fn only_secrets_have_files_of_their_own() {
        assert_eq!(problems("[server]\nport_file = \"x\"\n").len(), 1);
    }

    #[test]
    fn a_key_with_an_empty_text_counts_as_unset() {
        let text = "[smtp]\nhost = \"\"\n[log]\nlevel = \"\"\n";
        assert_eq!(problems(text), [""; 0]);
    }
}
