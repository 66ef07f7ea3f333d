//! `hasura-auth keys …`: makes keys.

use auth_crypto::generate;
use clap::Subcommand;

use super::output;
use crate::start_error::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Print a new value of `HASURA_GRAPHQL_JWT_SECRET`, for this server and for Hasura
    Generate {
        /// The algorithm: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384 or Ed25519
        #[arg(default_value = "HS256")]
        kind: String,
    },
}

/// Does what the command says.
///
/// # Errors
///
/// [`StartError::Generate`] or [`StartError::Output`].
pub(super) fn run(command: &KeysCommand) -> Result<(), StartError> {
    let KeysCommand::Generate { kind } = command;
    let secret = generate(kind).map_err(StartError::Generate)?;
    output::write([secret.expose().to_owned()])
}
