//! Keys that are made once and kept beside the database.
//!
//! Atomic: a key file is written as a draft under another name and then hard-linked to its own, which
//! fails if another server was faster. Servers that start together on one folder therefore read the
//! same key. No key is ever overwritten, which would make everything sealed or signed with it
//! worthless. It is flushed to disk before its first use, and drafts that a kill left behind are
//! removed once there is a key.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use auth_domain::ports::IdGenerator;
use data_encoding::HEXLOWER;
use uuid::Uuid;

use crate::writable;

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
        remove_drafts(path);
        return Ok(content);
    }
    make(path, ids, &new_content())?;
    remove_drafts(path);
    fs::read_to_string(path)
}

/// The content of the key file at `path`, if there is one.
///
/// # Errors
///
/// What the file system answers.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let found = peek(path)?;
    if found.is_some() {
        private_files::warn_if_shared(path)?;
    }
    Ok(found)
}

/// The same without the warning about permissions of other users.
///
/// # Errors
///
/// What the file system answers.
pub(crate) fn peek(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        // A file in place of the folder makes a new key fail, and is reported then.
        Err(error) if writable::is_missing(&error) => Ok(None),
        found => found.map(Some),
    }
}

/// Makes the key file, unless another server is faster. [`remove_drafts`] removes a draft that became
/// the key.
fn make(path: &Path, ids: &dyn IdGenerator, content: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.{DRAFT}", ids.uuid()));
    let made = write(&draft, content)
        .and_then(|()| link_unless_there(&draft, path))
        .and_then(|()| sync_folder(path));
    if made.is_err() {
        remove(&draft);
    }
    made
}

/// How the name of a draft ends.
const DRAFT: &str = "tmp";

/// Removes drafts of the key file at `path`, which exists: also those of servers that are just
/// starting, which will read that key.
fn remove_drafts(path: &Path) {
    // A server without permission to read the folder has made none.
    for draft in drafts(path).unwrap_or_default() {
        remove(&draft);
    }
}

/// A failure is harmless, so it is only logged.
fn remove(draft: &Path) {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %draft.display(), "the draft of a key cannot be removed");
        }
        _ => {}
    }
}

/// Files beside `path` with its name, the id of a server that was starting, and the end of drafts.
fn drafts(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem().and_then(OsStr::to_str))
    else {
        return Ok(Vec::new());
    };
    let is_draft = |name: &str| {
        let rest = name.strip_prefix(stem).and_then(|it| it.strip_prefix('.'));
        let id = rest.and_then(|it| it.strip_suffix(DRAFT)?.strip_suffix('.'));
        id.is_some_and(|it| Uuid::try_parse(it).is_ok())
    };
    let mut drafts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_draft) {
            drafts.push(entry.path());
        }
    }
    Ok(drafts)
}

/// Flushes the folder: otherwise a power loss may drop the name of a new file.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn write(draft: &Path, content: &str) -> io::Result<()> {
    let mut file = private_files::make_file(draft)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

fn link_unless_there(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        // A faster server may have removed the draft, too.
        Err(_) if path.exists() => Ok(()),
        linked => linked,
    }
}

/// 32 random bytes as lower-case digits.
pub(crate) fn new_key(ids: &dyn IdGenerator) -> String {
    let random = ids.token_bytes().into_iter().chain(ids.token_bytes());
    let bytes: Vec<u8> = random.take(KEY_BYTES).collect();
    HEXLOWER.encode(&bytes)
}
