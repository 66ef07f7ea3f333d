//! The keys that stored secrets are encrypted with.
//!
//! The first of these keys that exists seals, and all of them open:
//!
//! 1. the configured key,
//! 2. the key in the data folder, made there on a first run without any setting,
//! 3. a key derived from the one of access tokens, so that an installation of Hasura Auth that knows
//!    no encryption key goes on working.
//!
//! Secrets that were sealed before a key was configured can therefore still be opened.

use std::{
    io,
    path::{Path, PathBuf},
};

use auth_crypto::{AesSecretCipher, EncryptionKey, JwtSecret};
use auth_domain::{ports::IdGenerator, recovery_code::RecoveryKeys};

use crate::{config::Config, key_file, start_error::StartError};

/// Name of the key file in the data folder.
const FILE_NAME: &str = "encryption-key";

/// The file of the key that is kept in this folder.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// The encryption keys of a server.
#[derive(Debug)]
pub(crate) struct EncryptionKeys {
    current: EncryptionKey,
    former: Vec<EncryptionKey>,
    /// Whether the key in use is the one in the data folder.
    pub(crate) kept_in_folder: bool,
}

impl EncryptionKeys {
    /// Collects the keys. Without any configured key, one is made in the data folder, which exists
    /// then.
    ///
    /// # Errors
    ///
    /// [`StartError::EncryptionKeyFile`] or [`StartError::NotAnEncryptionKey`].
    pub(crate) fn collect(
        config: &Config,
        jwt_secret: &JwtSecret,
        ids: &dyn IdGenerator,
    ) -> Result<Self, StartError> {
        let configured = config.encryption_key.clone();
        let kept = kept_key(&config.server.data_dir, ids, may_make(config))?;
        let derived = EncryptionKey::derive(jwt_secret.successor_secret());
        Ok(Self::in_order(configured, kept, derived))
    }

    /// Checks the key in the data folder, if there is one. `false` when one would have to be made.
    ///
    /// # Errors
    ///
    /// As of [`EncryptionKeys::collect`].
    pub(crate) fn look(folder: &Path, config: &Config) -> Result<bool, StartError> {
        let kept = read(file_in(folder), key_file::peek)?;
        Ok(kept.is_some() || !may_make(config))
    }

    pub(crate) fn in_order(
        configured: Option<EncryptionKey>,
        kept: Option<EncryptionKey>,
        derived: EncryptionKey,
    ) -> Self {
        let kept_in_folder = configured.is_none() && kept.is_some();
        let (current, former) = match (configured, kept) {
            (Some(configured), Some(kept)) => (configured, vec![kept, derived]),
            (Some(key), None) | (None, Some(key)) => (key, vec![derived]),
            (None, None) => (derived, Vec::new()),
        };
        Self {
            current,
            former,
            kept_in_folder,
        }
    }

    /// The cipher that seals and opens with them.
    pub(crate) fn secret_cipher(&self) -> AesSecretCipher {
        AesSecretCipher::new(self.current.clone(), self.former.clone())
    }

    /// The keys of the hashes of recovery codes.
    pub(crate) fn recovery_keys(&self) -> RecoveryKeys {
        RecoveryKeys::derive(
            self.current.expose(),
            self.former.iter().map(EncryptionKey::expose),
        )
    }
}

/// Without any configured key the server makes its own.
fn may_make(config: &Config) -> bool {
    config.jwt_secret.is_none() && config.encryption_key.is_none()
}

fn kept_key(
    folder: &Path,
    ids: &dyn IdGenerator,
    may_make: bool,
) -> Result<Option<EncryptionKey>, StartError> {
    let path = file_in(folder);
    if !may_make {
        return read(path, key_file::read);
    }
    let content = key_file::read_or_make(&path, ids, || key_file::new_key(ids)).map(Some);
    parse(content, path)
}

/// A server with configured keys needs no folder, nor permission to read it.
fn read(
    path: PathBuf,
    read: impl FnOnce(&Path) -> io::Result<Option<String>>,
) -> Result<Option<EncryptionKey>, StartError> {
    let content = if path.exists() { read(&path) } else { Ok(None) };
    parse(content, path)
}

fn parse(
    content: io::Result<Option<String>>,
    path: PathBuf,
) -> Result<Option<EncryptionKey>, StartError> {
    let content = content.map_err(|source| StartError::EncryptionKeyFile {
        path: path.clone(),
        source,
    })?;
    let key = content.map(|text| EncryptionKey::parse(&text)).transpose();
    key.map_err(|source| StartError::NotAnEncryptionKey { path, source })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use auth_domain::{
        ports::SecretCipher, sealed::SealContext, secret::Secret, testing::SequentialIds,
        user::UserId,
    };
    use uuid::Uuid;

    use super::*;
    use crate::config::tests::config_of;

    const JWT_SECRET: &str = r#"{"type":"HS256","key":"01234567890123456789012345678901"}"#;
    const CONTEXT: SealContext = SealContext::TotpSecret(UserId(Uuid::nil()));

    fn collect(folder: &Path, variables: &[(&str, &str)]) -> Result<EncryptionKeys, StartError> {
        let folder = ("AUTH_DATA_DIR", folder.to_str().unwrap());
        let config = config_of(&[&[folder], variables].concat());
        let jwt_secret = JwtSecret::parse(JWT_SECRET).unwrap();
        EncryptionKeys::collect(&config, &jwt_secret, &SequentialIds::default())
    }

    /// Whether `opening` opens what `sealing` sealed.
    fn opens(sealing: &EncryptionKeys, opening: &EncryptionKeys) -> bool {
        let sealed = sealing.secret_cipher().seal(&Secret::new("x"), &CONTEXT);
        opening
            .secret_cipher()
            .open(&sealed.unwrap(), &CONTEXT)
            .is_ok()
    }

    #[test]
    fn a_first_run_makes_a_private_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();

        let first = collect(folder.path(), &[]).unwrap();
        let second = collect(folder.path(), &[]).unwrap();

        assert!(first.kept_in_folder && second.kept_in_folder);
        assert!(opens(&first, &second));
        let path = folder.path().join(FILE_NAME);
        assert_eq!(fs::read_to_string(&path).unwrap().len(), 64);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_configured_installation_makes_no_key_and_derives_one() {
        let folder = tempfile::tempdir().unwrap();
        let variables = [("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET)];

        let one = collect(folder.path(), &variables).unwrap();
        let missing = collect(&folder.path().join("missing"), &variables).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let no_folder = folder.path().join("file");
        fs::write(&no_folder, "").unwrap();
        let unusable = collect(&no_folder, &variables).unwrap();

        assert!(!one.kept_in_folder);
        assert!(opens(&one, &missing) && opens(&one, &unusable));
    }

    #[test]
    fn a_key_that_is_set_later_takes_over_and_opens_what_was_sealed_before() {
        let folder = tempfile::tempdir().unwrap();
        let key = "ab".repeat(32);
        let configured = [
            ("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET),
            ("AUTH_ENCRYPTION_KEY", key.as_str()),
        ];
        let derived = collect(folder.path(), &configured[..1]).unwrap();
        let kept = collect(folder.path(), &[]).unwrap();

        let set = collect(folder.path(), &configured).unwrap();

        assert!(opens(&derived, &set) && opens(&kept, &set));
        assert!(!opens(&set, &derived) && !opens(&set, &kept));
        assert!(!set.kept_in_folder);
        // The key in the folder stays in use when only the signing key is configured.
        let production = collect(folder.path(), &configured[..1]).unwrap();
        assert!(production.kept_in_folder && opens(&kept, &production));
    }

    #[test]
    fn a_file_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "something else").unwrap();

        let error = collect(folder.path(), &[]).unwrap_err();

        assert!(matches!(error, StartError::NotAnEncryptionKey { .. }));
        assert!(!error.report().contains("something else"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "something else");
    }
}
