//! The signing key of access tokens when none is configured: made once, kept beside the database.

use std::path::{Path, PathBuf};

use auth_crypto::JwtSecret;
use auth_domain::ports::IdGenerator;
use serde_json::json;

use crate::{key_file, start_error::StartError};

/// Name of the key file in the data folder.
const FILE_NAME: &str = "jwt-secret.json";

/// A key from the data folder.
#[derive(Debug)]
pub(crate) struct SigningKey {
    /// The key.
    pub(crate) secret: JwtSecret,
    /// Where it is kept.
    pub(crate) path: PathBuf,
}

/// The key in `folder`, which exists; a new one if there is none.
///
/// # Errors
///
/// [`StartError::KeyFile`] when the file cannot be read or made, [`StartError::NotAKey`] when it holds
/// no key.
pub(crate) fn read_or_make(folder: &Path, ids: &dyn IdGenerator) -> Result<SigningKey, StartError> {
    let path = folder.join(FILE_NAME);
    match key_file::read_or_make(&path, ids, || new_content(ids)) {
        Ok(text) => parse(&text, path),
        Err(source) => Err(StartError::KeyFile { path, source }),
    }
}

/// The key in `folder`, if both exist.
///
/// # Errors
///
/// As of [`read_or_make`].
pub(crate) fn peek(folder: &Path) -> Result<Option<SigningKey>, StartError> {
    let path = folder.join(FILE_NAME);
    match key_file::peek(&path) {
        Ok(text) => text.map(|text| parse(&text, path)).transpose(),
        Err(source) => Err(StartError::KeyFile { path, source }),
    }
}

fn parse(text: &str, path: PathBuf) -> Result<SigningKey, StartError> {
    match JwtSecret::parse(text) {
        Ok(secret) => Ok(SigningKey { secret, path }),
        Err(source) => Err(StartError::NotAKey { path, source }),
    }
}

/// A new key has as many bytes as SHA-256's output, the least that RFC 7518 §3.2 allows.
fn new_content(ids: &dyn IdGenerator) -> String {
    json!({ "type": "HS256", "key": key_file::new_key(ids) }).to_string()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, sync::Barrier, thread};

    use auth_domain::testing::SequentialIds;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_new_key_has_32_bytes_and_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();

        let key = read_or_make(folder.path(), &SequentialIds::default()).unwrap();

        let text = fs::read_to_string(&key.path).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(file["type"], "HS256");
        let digits = file["key"].as_str().unwrap();
        assert_eq!(digits.len(), 64);
        assert!(digits.bytes().all(|it| it.is_ascii_hexdigit()));
        let mode = fs::metadata(&key.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_key_stays_the_same_and_nothing_else_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let ids = SequentialIds::default();

        let first = read_or_make(folder.path(), &ids).unwrap();
        let second = read_or_make(folder.path(), &ids).unwrap();

        assert_eq!(
            first.secret.successor_secret(),
            second.secret.successor_secret()
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn servers_that_start_together_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let ids = SequentialIds::default();
        let all_ready = Barrier::new(8);

        let keys: BTreeSet<Vec<u8>> = thread::scope(|scope| {
            let start = || {
                all_ready.wait();
                let key = read_or_make(folder.path(), &ids).unwrap();
                key.secret.successor_secret().to_vec()
            };
            let servers: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            servers.into_iter().map(|it| it.join().unwrap()).collect()
        });

        assert_eq!(keys.len(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn drafts_of_a_server_that_was_killed_are_removed_once_there_is_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let draft = folder
            .path()
            .join(format!("jwt-secret.{}.tmp", Uuid::nil()));
        let other = folder.path().join("jwt-secret.mine.tmp");
        let ids = SequentialIds::default();
        fs::write(&other, "").unwrap();

        fs::write(&draft, "{\"type\":\"HS2").unwrap();
        let first = read_or_make(folder.path(), &ids).unwrap();
        assert!(!draft.exists());
        fs::write(&draft, "").unwrap();
        let second = read_or_make(folder.path(), &ids).unwrap();

        assert!(!draft.exists() && other.exists());
        assert_eq!(
            first.secret.successor_secret(),
            second.secret.successor_secret()
        );
    }

    #[test]
    fn a_file_that_was_left_empty_or_cut_off_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);

        for content in ["", "{\"type\":\"HS256\",\"key\":\"0123"] {
            fs::write(&path, content).unwrap();
            let error = read_or_make(folder.path(), &SequentialIds::default()).unwrap_err();
            let report = error.report();
            assert!(
                report.contains("jwt-secret.json holds no signing key"),
                "{report}"
            );
            assert!(report.contains("move it away"), "{report}");
        }
    }

    #[test]
    fn a_file_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "").unwrap();

        let error = read_or_make(folder.path(), &SequentialIds::default()).unwrap_err();

        assert!(matches!(error, StartError::NotAKey { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_missing_folder_is_reported_with_the_way_out() {
        let error = read_or_make(Path::new("/nowhere"), &SequentialIds::default()).unwrap_err();

        assert!(error.report().contains("HASURA_GRAPHQL_JWT_SECRET"));
    }
}
