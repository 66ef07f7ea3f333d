//! `hasura-auth config …`: looks at the configuration without starting anything.

use clap::Subcommand;
use settings::Loaded;
use tokio::runtime::Handle;

use super::{
    online_check::{self, Finding},
    output,
};
use crate::{
    config::{Config, ConfigErrors, TABLE},
    preflight,
    start_error::StartError,
};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Tell whether the server would start with it, as far as that shows without its database
    Check {
        /// Also ask the database, the mail server, Hasura and Redis, without writing anything
        #[arg(long)]
        online: bool,
    },
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
/// [`StartError::Offline`], [`StartError::Output`].
pub(super) async fn run(
    command: &ConfigCommand,
    load: impl FnOnce() -> Loaded,
) -> Result<(), StartError> {
    match command {
        ConfigCommand::Check { online } => check(load(), *online).await,
        ConfigCommand::Show => show(load()),
        ConfigCommand::Defaults => output::write([settings::defaults(&TABLE)]),
        ConfigCommand::Reference => output::write([settings::reference(&TABLE)]),
    }
}

async fn check(loaded: Loaded, online: bool) -> Result<(), StartError> {
    let config = Config::read(loaded)?;
    preflight::run(&config, &Handle::current())?;
    let warnings = config.warnings.iter().map(|it| format!("warning: {it}"));
    let verdict = "The configuration is valid.".to_owned();
    output::write(warnings.chain([verdict]))?;
    if !online {
        return Ok(());
    }
    let findings = online_check::ask_all(&config).await?;
    output::write(findings.iter().map(Finding::line))?;
    if findings.iter().all(Finding::is_good) {
        Ok(())
    } else {
        Err(StartError::Offline)
    }
}

/// Shows the values even when some are wrong; the wrong ones have their default.
fn show(loaded: Loaded) -> Result<(), StartError> {
    output::write(settings::lines(&loaded.settings))?;
    if loaded.problems.is_empty() {
        Ok(())
    } else {
        Err(StartError::Config(ConfigErrors(loaded.problems)))
    }
}
