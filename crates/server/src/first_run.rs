//! The keys a server starts with; a first run makes those that are missing.

use std::{
    io,
    path::{Path, PathBuf},
};

use auth_crypto::JwtSecret;
use auth_domain::ports::IdGenerator;
use http_api::OutboxKey;

use crate::{
    config::{Config, is_loopback},
    encryption_keys::EncryptionKeys,
    signing_key,
    signing_key::SigningKey,
    start_error::StartError,
    writable,
};

/// The keys a server starts with.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    /// The key of access tokens.
    pub(crate) jwt_secret: JwtSecret,
    /// The file of that key, if the server made it.
    pub(crate) key_file: Option<PathBuf>,
    /// The keys of stored secrets.
    pub(crate) encryption: EncryptionKeys,
    /// The key that opens the development outbox. Each start makes another one and writes it nowhere: a
    /// file would be one more secret to protect.
    pub(crate) outbox_key: OutboxKey,
}

/// Checks the keys in the data folder, and whether missing ones could be made. Makes none.
///
/// # Errors
///
/// As of [`prepare`].
pub(crate) fn look(config: &Config) -> Result<(), StartError> {
    let folder = &config.server.data_dir;
    let mut is_complete = true;
    if config.jwt_secret.is_none() {
        match signing_key::peek(folder)? {
            Some(key) => judge(&key, config)?,
            None => is_complete = false,
        }
    }
    is_complete &= EncryptionKeys::look(folder, config)?;
    if !is_complete {
        writable::check_folder(folder).map_err(|source| unusable(folder, source))?;
    }
    Ok(())
}

/// Makes keys in the data folder if none are configured.
///
/// # Errors
///
/// [`StartError::Folder`], [`StartError::KeyFile`], [`StartError::NotAKey`],
/// [`StartError::WeakKeyFile`], [`StartError::JwtSecret`], or those of [`EncryptionKeys::collect`].
pub(crate) fn prepare(config: &Config, ids: &dyn IdGenerator) -> Result<KeyFiles, StartError> {
    let (jwt_secret, key_file) = signing_key(config, ids)?;
    let encryption = EncryptionKeys::collect(config, &jwt_secret, ids)?;
    Ok(KeyFiles {
        jwt_secret,
        key_file,
        encryption,
        outbox_key: OutboxKey::new(ids.token_bytes()),
    })
}

/// The key of access tokens, and its file if it is the server's own.
fn signing_key(
    config: &Config,
    ids: &dyn IdGenerator,
) -> Result<(JwtSecret, Option<PathBuf>), StartError> {
    if let Some(secret) = &config.jwt_secret {
        let secret = JwtSecret::parse(secret.expose()).map_err(StartError::JwtSecret)?;
        return Ok((secret, None));
    }
    let folder = &config.server.data_dir;
    make_folder(folder)?;
    let key = signing_key::read_or_make(folder, ids)?;
    judge(&key, config)?;
    let SigningKey { secret, path } = key;
    if secret.is_weak() {
        tracing::warn!(path = %path.display(), "the signing key has fewer than 32 bytes");
    }
    Ok((secret, Some(path)))
}

/// A key that can be brute-forced is accepted where only this machine reaches the server.
fn judge(key: &SigningKey, config: &Config) -> Result<(), StartError> {
    if key.secret.is_weak() && !is_loopback(&config.server.host) {
        return Err(StartError::WeakKeyFile {
            path: key.path.clone(),
        });
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), StartError> {
    private_files::make_folder(path)
        .and_then(|()| private_files::warn_if_shared(path))
        .map_err(|source| unusable(path, source))
}

fn unusable(folder: &Path, source: io::Error) -> StartError {
    StartError::Folder {
        path: folder.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use auth_domain::testing::SequentialIds;

    use super::*;
    use crate::config::tests::config_of;

    fn prepare_with(variables: &[(&str, &str)]) -> Result<KeyFiles, StartError> {
        prepare(&config_of(variables), &SequentialIds::default())
    }

    #[test]
    fn a_first_run_makes_a_private_folder_and_keys() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");

        let key_files = prepare_with(&[("AUTH_DATA_DIR", folder.to_str().unwrap())]).unwrap();

        assert_eq!(key_files.key_file, Some(folder.join("jwt-secret.json")));
        assert!(folder.join("encryption-key").exists());
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_short_key_that_was_put_into_the_folder_is_for_this_machine_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret.json");
        fs::write(&path, r#"{"type":"HS256","key":"hunter2"}"#).unwrap();
        let on = |host| {
            prepare_with(&[
                ("AUTH_DATA_DIR", folder.path().to_str().unwrap()),
                ("AUTH_SQLITE_PATH", "auth.db"),
                ("AUTH_HOST", host),
            ])
        };

        assert!(on("127.0.0.1").is_ok());
        let refused = on("0.0.0.0").unwrap_err().report();
        assert!(refused.contains("fewer than 32 bytes"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn a_configured_installation_needs_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");
        let secret = format!(r#"{{"type":"HS256","key":"{}"}}"#, "k".repeat(32));

        let key_files = prepare_with(&[
            ("AUTH_DATA_DIR", folder.to_str().unwrap()),
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("HASURA_GRAPHQL_JWT_SECRET", &secret),
        ]);

        assert_eq!(key_files.unwrap().key_file, None);
        assert!(!folder.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_reported_with_the_way_out() {
        let parent = tempfile::tempdir().unwrap();
        let in_the_way = parent.path().join("data");
        fs::write(&in_the_way, "").unwrap();

        let below = in_the_way.join("below");
        let error = prepare_with(&[("AUTH_DATA_DIR", below.to_str().unwrap())]).unwrap_err();

        assert!(error.report().contains("AUTH_DATA_DIR"), "{error}");
    }
}
