//! The binary `hasura-auth`: reads the configuration, connects the adapters and serves.
//!
//! It has no rule about users. [`config`] knows all settings, [`commands`] the command line.

mod awaited_database;
mod background;
mod banner;
mod clean_up;
mod commands;
mod config;
mod delay;
mod encryption_keys;
mod first_run;
mod index_build;
mod key_file;
mod live_settings;
mod log_filter;
mod logging;
mod message_worker;
mod preflight;
mod signals;
mod signing_key;
mod start_error;
mod wire;
mod writable;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use settings::Environment;

use crate::commands::{Arguments, Understood, understand};

// A multi-threaded runtime: the domain's work must not run on actix-web's workers, each of which
// has a runtime of a single thread.
#[tokio::main]
async fn main() -> ExitCode {
    let Understood {
        arguments,
        variables,
    } = understand(env::args_os());
    let environment: Environment = env::vars_os().chain(variables).collect();
    if let Err(error) = signals::outlive_file_size_limit() {
        complain(&format!(
            "the limit on the size of files ends the process ({error})"
        ));
    }
    let command = commands::run(Arguments::parse_from(arguments), &environment);
    match Box::pin(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.report().lines() {
                complain(line);
            }
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error; a failure is ignored, because there is nowhere to report it.
fn complain(line: &str) {
    let _closed = writeln!(io::stderr().lock(), "hasura-auth: {line}");
}
