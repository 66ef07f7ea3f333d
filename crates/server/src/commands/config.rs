//! `hasura-auth config …`: looks at the configuration without starting anything.

use clap::Subcommand;

use tokio::runtime::Handle;

use super::{output, read};
use crate::{
    config::{self, ConfigErrors, Loaded},
    preflight,
    start_error::StartError,
};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Tell whether the server would start with it, as far as that shows without its database
    Check,
    /// Print every setting with its value and where it comes from; secrets are masked
    Show,
    /// Print a file with every setting and its default
    Defaults,
    /// Print a reference of every setting in Markdown
    Reference,
}

/// Does what the command says.
///
/// # Errors
///
/// [`StartError::Config`] when settings are wrong, those of [`preflight::run`],
/// [`StartError::Output`].
pub(super) fn run(
    command: &ConfigCommand,
    load: impl FnOnce() -> Loaded,
) -> Result<(), StartError> {
    match command {
        ConfigCommand::Check => check(load()),
        ConfigCommand::Show => show(load()),
        ConfigCommand::Defaults => output::write([config::defaults()]),
        ConfigCommand::Reference => output::write([config::reference()]),
    }
}

fn check(loaded: Loaded) -> Result<(), StartError> {
    let config = read(loaded)?;
    preflight::run(&config, &Handle::current())?;
    let warnings = config.warnings.iter().map(|it| format!("warning: {it}"));
    let verdict = "The configuration is valid.".to_owned();
    output::write(warnings.chain([verdict]))
}

/// Shows the values even when some are wrong; the wrong ones have their default.
fn show(loaded: Loaded) -> Result<(), StartError> {
    output::write(config::lines(&loaded.settings))?;
    if loaded.problems.is_empty() {
        Ok(())
    } else {
        Err(StartError::Config(ConfigErrors(loaded.problems)))
    }
}
