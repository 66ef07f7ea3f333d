//! The key that signs access tokens when none is configured: made once, kept beside the database.
//!
//! The key file appears with its whole content or not at all: it is written under another name and
//! then linked to its own, which fails if another server was faster. Servers that start together on
//! one folder therefore read the same key, and no key is ever overwritten, which would end every
//! session.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use auth_crypto::JwtSecret;
use auth_domain::ports::IdGenerator;
use data_encoding::HEXLOWER;
use serde_json::json;

use crate::{private_files, start_error::StartError};

/// Name of the key file in the data folder.
const FILE_NAME: &str = "jwt-secret.json";

/// Bytes of a new key: the length of SHA-256's output, the least that RFC 7518 §3.2 allows.
const KEY_BYTES: usize = 32;

/// A key from the data folder.
#[derive(Debug)]
pub(crate) struct SigningKey {
    /// The key.
    pub(crate) secret: JwtSecret,
    /// Where it is kept.
    pub(crate) path: PathBuf,
}

/// The key kept in `folder`, which exists; a new one if there is none.
///
/// # Errors
///
/// [`StartError::KeyFile`] when the file cannot be read or made, [`StartError::NotAKey`] when it
/// holds something else.
pub(crate) fn read_or_make(folder: &Path, ids: &dyn IdGenerator) -> Result<SigningKey, StartError> {
    let path = folder.join(FILE_NAME);
    let text = read_or_make_file(&path, ids).map_err(|source| StartError::KeyFile {
        path: path.clone(),
        source,
    })?;
    match JwtSecret::parse(&text) {
        Ok(secret) => Ok(SigningKey { secret, path }),
        Err(source) => Err(StartError::NotAKey { path, source }),
    }
}

fn read_or_make_file(path: &Path, ids: &dyn IdGenerator) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path, ids)?,
        found => {
            private_files::warn_if_shared(path)?;
            return found;
        }
    }
    fs::read_to_string(path)
}

/// Makes the key file, unless another server is faster.
fn make(path: &Path, ids: &dyn IdGenerator) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", ids.uuid()));
    let written = write_new_key(&draft, ids).and_then(|()| link_unless_there(&draft, path));
    let removed = fs::remove_file(&draft);
    written.and(removed)
}

fn write_new_key(draft: &Path, ids: &dyn IdGenerator) -> io::Result<()> {
    let content = json!({ "type": "HS256", "key": new_key(ids) });
    let mut file = private_files::make_file(draft)?;
    file.write_all(content.to_string().as_bytes())?;
    file.sync_all()
}

fn link_unless_there(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

/// Random bytes as lower-case digits.
fn new_key(ids: &dyn IdGenerator) -> String {
    let random = ids.token_bytes().into_iter().chain(ids.token_bytes());
    let bytes: Vec<u8> = random.take(KEY_BYTES).collect();
    HEXLOWER.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, sync::Barrier, thread};

    use auth_domain::testing::SequentialIds;

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
