//! Keys that are made once and kept beside the database.
//!
//! A key file appears with its whole content or not at all: it is written under another name and
//! then linked to its own, which fails if another server was faster. Servers that start together on
//! one folder therefore read the same key, and no key is ever overwritten, which would make
//! worthless whatever was made with it.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use auth_domain::ports::IdGenerator;
use data_encoding::HEXLOWER;

use crate::private_files;

/// Bytes of a new key.
const KEY_BYTES: usize = 32;

/// The content of the key file at `path`; if there is none, `new_content` becomes it.
///
/// # Errors
///
/// What the file system answers.
pub(crate) fn read_or_make(
    path: &Path,
    ids: &dyn IdGenerator,
    new_content: impl FnOnce() -> String,
) -> io::Result<String> {
    if let Some(content) = read(path)? {
        return Ok(content);
    }
    make(path, ids, &new_content())?;
    fs::read_to_string(path)
}

/// The content of the key file at `path`, if there is one.
///
/// # Errors
///
/// What the file system answers.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => {
            private_files::warn_if_shared(path)?;
            found.map(Some)
        }
    }
}

/// Makes the key file, unless another server is faster.
fn make(path: &Path, ids: &dyn IdGenerator, content: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", ids.uuid()));
    let written = write(&draft, content).and_then(|()| link_unless_there(&draft, path));
    let removed = fs::remove_file(&draft);
    written.and(removed)
}

fn write(draft: &Path, content: &str) -> io::Result<()> {
    let mut file = private_files::make_file(draft)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

fn link_unless_there(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

/// 32 random bytes as lower-case digits.
pub(crate) fn new_key(ids: &dyn IdGenerator) -> String {
    let random = ids.token_bytes().into_iter().chain(ids.token_bytes());
    let bytes: Vec<u8> = random.take(KEY_BYTES).collect();
    HEXLOWER.encode(&bytes)
}
