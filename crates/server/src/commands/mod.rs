//! The command line: one file per command.

mod config;
mod email;
mod flags;
mod keys;
mod messages;
mod migrate;
mod online_check;
mod output;
mod serve;

pub(crate) use flags::{Understood, understand};

use std::{fs, path::PathBuf};

use clap::{Parser, Subcommand};
use settings::{Environment, Sources};

use crate::{
    config::{Config, load},
    start_error::StartError,
};

/// Signs people up and in for Hasura. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "hasura-auth", version)]
pub(crate) struct Arguments {
    /// Configuration file in TOML; variables of the environment win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API; the same as no command
    Serve,
    /// Bring the database's tables up to date
    Migrate(migrate::Options),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Make keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Look at mails, and try whether they leave
    #[command(subcommand)]
    Email(email::EmailCommand),
    /// Look at mails and text messages that wait to be sent
    #[command(subcommand)]
    Messages(messages::MessagesCommand),
}

/// Does what the command line says, with settings from `environment`.
///
/// # Errors
///
/// What kept the command from doing its work.
pub(crate) async fn run(arguments: Arguments, environment: &Environment) -> Result<(), StartError> {
    let load = || {
        load(&Sources {
            file: arguments.config.clone(),
            environment,
            read_file: &|path| fs::read_to_string(path),
        })
    };
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let loaded = load();
            let settings = loaded.settings.clone();
            serve::run(Config::read(loaded)?, settings).await
        }
        Command::Migrate(options) => migrate::run(&Config::read(load())?, options).await,
        Command::Config(command) => config::run(&command, load).await,
        Command::Messages(command) => messages::run(command, &Config::read(load())?).await,
        Command::Keys(command) => keys::run(&command),
        Command::Email(command) => email::run(command, &Config::read(load())?).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_mail_is_named_by_its_template_and_a_locale_is_no_path() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));

        for line in [
            "hasura-auth email preview signin-otp",
            "hasura-auth email preview email-verify --locale fr --html",
            "hasura-auth email send-test ada@example.com --template password-reset",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for line in [
            "hasura-auth email preview",
            "hasura-auth email preview ../x",
            "hasura-auth email preview email-verify --locale ../x",
            "hasura-auth email preview email-verify --html --text",
            "hasura-auth email send-test ada",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn one_message_is_tried_again_or_all_are() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));

        for line in [
            "hasura-auth messages list",
            "hasura-auth messages list --limit 5",
            "hasura-auth messages retry 7d3c5ad4-61b5-4f07-9d7f-4c3f4d0a5e1e",
            "hasura-auth messages retry --all",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for line in [
            "hasura-auth messages retry",
            "hasura-auth messages retry 1",
            "hasura-auth messages retry --all 7d3c5ad4-61b5-4f07-9d7f-4c3f4d0a5e1e",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_file_can_be_named_before_and_after_the_command() {
        for line in [
            ["hasura-auth", "--config", "x.toml", "serve"],
            ["hasura-auth", "serve", "--config", "x.toml"],
        ] {
            let arguments = Arguments::try_parse_from(line).unwrap();
            assert_eq!(arguments.config, Some("x.toml".into()));
        }
    }
}
