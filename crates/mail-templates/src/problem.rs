//! What is wrong with templates.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// Templates that cannot be used, with everything that is wrong with them.
#[derive(Debug)]
pub struct InvalidTemplates {
    /// What is wrong, in the order of the files.
    pub problems: Vec<TemplateProblem>,
}

impl std::error::Error for InvalidTemplates {}

impl fmt::Display for InvalidTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mail templates cannot be used")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with one file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {flaw}", file.display())]
pub struct TemplateProblem {
    /// The file; without a folder when it did not come from one.
    pub file: PathBuf,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl TemplateProblem {
    pub(crate) fn new(file: impl Into<PathBuf>, flaw: Flaw) -> Self {
        Self {
            file: file.into(),
            flaw,
        }
    }

    pub(crate) fn in_folder(self, folder: &Path) -> Self {
        Self {
            file: folder.join(self.file),
            ..self
        }
    }
}

/// What can be wrong with a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The file is missing, but others of its template are there.
    #[error("is missing")]
    Missing,
    /// The file or folder cannot be read, or is not UTF-8.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// An unknown variable.
    #[error("`${{{name}}}` is unknown; there are {known}")]
    UnknownVariable {
        /// The name.
        name: String,
        /// The known names.
        known: String,
    },
    /// A placeholder that is not closed.
    #[error("a `${{` has no `}}`")]
    Unclosed,
}
