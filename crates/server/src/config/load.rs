//! Brings the sources together: defaults, then a file, then the environment, which wins.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    blank, derived,
    environment::Environment,
    file::{self, Entry, FileSettings},
    misfit,
    setting::{DefaultValue, Setting},
    settings::Settings,
    source::Source,
    support,
    table::{self, CONFIG_FILE_VARIABLE},
    unknown, unnamed_database,
    value::Value,
};

/// Where a configuration file is looked for when none is named.
const USUAL_FILES: [&str; 2] = ["config/hasura-auth.toml", "hasura-auth.toml"];

/// Reads a file as text.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// What settings are read from.
pub(crate) struct Sources<'a> {
    /// The file named on the command line.
    pub(crate) file: Option<PathBuf>,
    /// The environment variables.
    pub(crate) environment: &'a Environment,
    /// How files are read.
    pub(crate) read_file: ReadFile<'a>,
}

/// What came of reading them.
#[derive(Default)]
pub(crate) struct Loaded {
    /// The values; a setting whose value was wrong has its default.
    pub(crate) settings: Settings,
    /// What keeps the server from starting.
    pub(crate) problems: Vec<String>,
    /// What somebody should know.
    pub(crate) warnings: Vec<String>,
}

impl Loaded {
    /// Notes that the value of `setting` does not fit: a problem, unless nothing would come of a better
    /// one either.
    fn reject(&mut self, setting: &Setting, problem: String) {
        if self.settings.has_effect(setting) {
            self.problems.push(problem);
            self.settings.reject(setting);
        } else {
            let warning = format!("{problem}; nothing comes of it while its feature is off");
            self.warnings.push(warning);
        }
    }
}

/// Reads every setting from `sources`.
pub(crate) fn load(sources: &Sources<'_>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut unfit = Vec::new();
    let file = read_config_file(sources, &mut loaded.problems);
    for setting in table::settings() {
        let found = resolve(setting, sources, &file).unwrap_or_else(|problem| {
            unfit.push((setting, problem));
            preset(setting)
        });
        if let Some((value, source)) = found {
            loaded.settings.set(setting, value, source);
        }
    }
    for (setting, problem) in unfit {
        loaded.reject(setting, problem);
    }
    derived::fill(&mut loaded.settings);
    unknown::report(sources.environment, &mut loaded);
    unnamed_database::report(sources.environment, &mut loaded);
    blank::report(sources.environment, &mut loaded);
    misfit::report(sources.environment, &mut loaded);
    support::report(&mut loaded);
    loaded
}

/// Reads the file named on the command line or in the environment, or else a usual one if there
/// is one.
fn read_config_file(sources: &Sources<'_>, problems: &mut Vec<String>) -> FileSettings {
    let named = match &sources.file {
        Some(path) => Ok(Some(path.clone())),
        None => sources
            .environment
            .get(CONFIG_FILE_VARIABLE)
            .map(|path| path.map(PathBuf::from)),
    };
    let candidates = match named {
        Ok(Some(path)) => vec![path],
        Ok(None) => USUAL_FILES.map(PathBuf::from).to_vec(),
        Err(error) => {
            problems.push(error.to_string());
            Vec::new()
        }
    };
    let may_be_missing = candidates.len() > 1;
    for path in candidates {
        match (sources.read_file)(&path) {
            Ok(text) => return file::parse(&path, &text, problems),
            Err(error) if may_be_missing && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(format!(
                "the configuration file {} cannot be read: {error}; name one that can with \
                 --config or {CONFIG_FILE_VARIABLE}",
                path.display()
            )),
        }
    }
    FileSettings::default()
}

/// The value of `setting`: of the environment, else of the file, else its default.
fn resolve(
    setting: &'static Setting,
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
        None => Ok(preset(setting)),
    }
}

/// The default of `setting`, unless it depends on others.
pub(super) fn preset(setting: &Setting) -> Option<(Value, Source)> {
    match setting.preset {
        DefaultValue::Text(text) => Some((setting.kind.read_text(text)?, Source::Default)),
        DefaultValue::Unset | DefaultValue::Derived(_) => None,
    }
}

/// The value that a variable or the file it names gives to `setting`.
fn from_variable(
    setting: &Setting,
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

fn read_text(setting: &Setting, text: &str, source: Source) -> Result<(Value, Source), String> {
    if let Some(value) = setting.kind.read_text(text) {
        if blank::leaves_a_hole(setting, &value) {
            return Err(blank::problem(&source.name(setting)));
        }
        return Ok((value, source));
    }
    let problem = misfit::problem(setting, text);
    Err(format!("{} {problem}", source.name(setting)))
}
