//! Merges the sources: defaults, then a file, then the environment, which wins.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    blank,
    environment::Environment,
    file::{self, Entry, FileSettings},
    loaded::Loaded,
    misfit,
    setting::Row,
    source::Source,
    support,
    table::Table,
    unknown,
    value::Value,
};

/// Reads a file as text.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// What settings are read from.
pub struct Sources<'a> {
    /// The file named on the command line.
    pub file: Option<PathBuf>,
    /// The environment variables.
    pub environment: &'a Environment,
    /// How files are read.
    pub read_file: ReadFile<'a>,
}

impl Loaded {
    /// Reads every setting of `table` from `sources`: the environment wins over the file, and that over
    /// the default. The program derives defaults that depend on other settings.
    #[must_use]
    pub fn read(table: &'static Table, sources: &Sources<'_>) -> Self {
        let mut loaded = Self::nothing(table);
        let mut unfit = Vec::new();
        let file = read_config_file(table, sources, &mut loaded.problems);
        for setting in table.rows() {
            let found = resolve(setting, sources, &file).unwrap_or_else(|problem| {
                unfit.push((setting, problem));
                default(setting)
            });
            if let Some((value, source)) = found {
                loaded.settings.set(setting, value, source);
            }
        }
        for (setting, problem) in unfit {
            loaded.reject(setting, problem);
        }
        loaded
    }

    /// Reports unknown variables that begin like ours.
    pub fn report_unknown(&mut self, environment: &Environment) {
        unknown::report(environment, self);
    }

    /// Reports settings without the effect they seem to have, once all of them have their values.
    pub fn report_ineffective(&mut self, environment: &Environment) {
        blank::report(environment, self);
        misfit::report(environment, self);
        support::report(self);
    }
}

/// Reads the file named on the command line or in the environment, or else a usual one if there
/// is one.
fn read_config_file(
    table: &'static Table,
    sources: &Sources<'_>,
    problems: &mut Vec<String>,
) -> FileSettings {
    let named = match &sources.file {
        Some(path) => Ok(Some(path.clone())),
        None => sources
            .environment
            .get(table.file_variable)
            .map(|path| path.map(PathBuf::from)),
    };
    let may_be_missing = matches!(named, Ok(None));
    let candidates = match named {
        Ok(Some(path)) => vec![path],
        Ok(None) => table.usual_files.iter().map(PathBuf::from).collect(),
        Err(error) => {
            problems.push(error.to_string());
            Vec::new()
        }
    };
    for path in candidates {
        match (sources.read_file)(&path) {
            Ok(text) => return file::parse(table, &path, &text, problems),
            Err(error) if may_be_missing && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(format!(
                "the configuration file {} cannot be read: {error}; name one that can with \
                 --config or {}",
                path.display(),
                table.file_variable
            )),
        }
    }
    FileSettings::default()
}

/// The value of `setting`: of the environment, else of the file, else its default.
fn resolve(
    setting: &'static Row,
    sources: &Sources<'_>,
    file: &FileSettings,
) -> Result<Option<(Value, Source)>, String> {
    for variable in setting.variables() {
        if let Some(found) = from_variable(setting, variable, sources)? {
            return Ok(Some(found));
        }
    }
    match file.get(setting) {
        Some((Entry::Value(value), source)) => Ok(Some((value.clone(), source.clone()))),
        Some((Entry::Unfit(problem), _)) => Err(problem.clone()),
        Some((Entry::In(path), source)) => {
            let text = read_secret(path, &source.name(setting), sources)?;
            read_text(setting, &text, source.clone()).map(Some)
        }
        None => Ok(default(setting)),
    }
}

fn default(setting: &Row) -> Option<(Value, Source)> {
    Some((setting.preset_value()?, Source::Default))
}

/// The value that a variable or the file it names gives to `setting`.
fn from_variable(
    setting: &Row,
    variable: &str,
    sources: &Sources<'_>,
) -> Result<Option<(Value, Source)>, String> {
    let get = |name: &str| {
        let value = sources.environment.get(name);
        value.map_err(|error| error.to_string())
    };
    let direct = get(variable)?;
    let file_variable = format!("{variable}_FILE");
    let path = if setting.secret {
        get(&file_variable)?
    } else {
        None
    };
    match (direct, path) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(format!(
            "{variable} and {file_variable} are both set; unset one of them"
        )),
        (Some(text), None) => {
            read_text(setting, text, Source::Variable(variable.to_owned())).map(Some)
        }
        (None, Some(path)) => {
            let text = read_secret(Path::new(path), &file_variable, sources)?;
            read_text(setting, &text, Source::Variable(file_variable)).map(Some)
        }
    }
}

/// The content of a file with a secret, without the line break that editors leave at its end.
fn read_secret(path: &Path, named_by: &str, sources: &Sources<'_>) -> Result<String, String> {
    let shown = path.display();
    let text = (sources.read_file)(path).map_err(|error| {
        format!(
            "{named_by}: the file {shown} cannot be read: {error}; check its name and permissions"
        )
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(format!(
            "{named_by}: the file {shown} is empty; write the secret into it"
        ));
    }
    Ok(secret.to_owned())
}

fn read_text(setting: &Row, text: &str, source: Source) -> Result<(Value, Source), String> {
    if let Some(value) = setting.form.read_text(text) {
        if blank::leaves_a_hole(setting, &value) {
            return Err(blank::problem(&source.name(setting)));
        }
        return Ok((value, source));
    }
    let problem = misfit::problem(setting, text);
    Err(format!("{} {problem}", source.name(setting)))
}
