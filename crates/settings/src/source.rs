//! Where a value comes from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::setting::Row;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// No operator set it.
    Default,
    /// A variable of this name.
    Variable(String),
    /// A line of a configuration file.
    Line(PathBuf, usize),
    /// A change while the program runs, under this name.
    Change(String),
}

impl Source {
    /// How to name `setting` to the operator who set it here.
    #[must_use]
    pub fn name(&self, setting: &Row) -> String {
        match self {
            Self::Default => setting.variable.to_owned(),
            Self::Variable(name) | Self::Change(name) => name.clone(),
            Self::Line(path, line) => format!("{}: {}", place(path, *line), setting.key),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Variable(name) | Self::Change(name) => f.write_str(name),
            Self::Line(path, line) => f.write_str(&place(path, *line)),
        }
    }
}

/// A line of a file, in the form editors and terminals jump to.
pub(crate) fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", path.display())
}
