//! Files and folders with permissions for the server's own user only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Makes the folder at `path` and its parents, unless they exist.
///
/// # Errors
///
/// What the file system answers.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a new file at `path`.
///
/// # Errors
///
/// `AlreadyExists` when there is one, and whatever else the file system answers.
pub fn make_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Warns in the log when other users may use `path` too. Changes nothing: an operator may have meant it.
///
/// # Errors
///
/// What the file system answers.
pub fn warn_if_shared(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:03o}"),
            "other users of this machine may look into it; take the permission away with \
             `chmod go= {}`",
            path.display()
        );
    }
    Ok(())
}
