//! Lost writes: noticing that the database's files were deleted or replaced under the server.
//!
//! An open file outlives its name. SQLite would go on writing into one that can never be opened
//! again, and the server would acknowledge what is lost with its end.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use auth_domain::error::StoreError;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection, connection::SimpleConnection};

use crate::file;

/// What SQLite appends to the name of the database for the files beside it.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The files of the database, as they were when it was opened.
pub(crate) struct OpenFiles {
    files: Vec<(PathBuf, Identity)>,
    /// The first that was found to be gone. Connections that were opened meanwhile may have another
    /// file of its name open, so that putting it back mends nothing.
    gone: OnceLock<PathBuf>,
    /// SQLite deletes the files beside the database with its last connection, and makes others with
    /// the next. This one is never used, and so they stay the same.
    _last_connection: Mutex<SqliteConnection>,
}

/// Device and number of a file: no two files that are there have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

/// What is written now would be lost.
#[derive(Debug, thiserror::Error)]
#[error(
    "the file {} was deleted or replaced while the server runs: put it back and restart the server",
    .0.display()
)]
struct Gone(PathBuf);

impl OpenFiles {
    /// Opens the database at `path`, and remembers its files. Blocks.
    pub(crate) fn open(path: &Path) -> ConnectionResult<Self> {
        let mut conn = file::open_to_read(path)?;
        // The files beside the database are made by the first statement that reads it.
        conn.batch_execute("SELECT count(*) FROM sqlite_master")
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        let beside = BESIDE.map(|suffix| {
            let mut name = OsString::from(path);
            name.push(suffix);
            PathBuf::from(name)
        });
        let files = std::iter::once(path.to_owned()).chain(beside);
        let present = files.filter_map(|file| identity(&file).ok().map(|it| (file, it)));
        Ok(Self {
            files: present.collect(),
            gone: OnceLock::new(),
            _last_connection: Mutex::new(conn),
        })
    }

    /// Whether the names have led to the files that are open ever since: a few microseconds' work.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] with the first that did not, or that cannot be looked at.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if let Some(file) = self.gone.get() {
            return Err(gone(file));
        }
        self.files.iter().try_for_each(|(file, known)| {
            match identity(file) {
                Ok(found) if found == *known => return Ok(()),
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::Unavailable(Box::new(error)));
                }
                Ok(_) | Err(_) => {}
            }
            Err(gone(self.gone.get_or_init(|| file.clone())))
        })
    }
}

fn gone(file: &Path) -> StoreError {
    StoreError::Unavailable(Box::new(Gone(file.to_owned())))
}

#[cfg(unix)]
fn identity(file: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    let metadata = fs::metadata(file)?;
    Ok(Identity(metadata.dev(), metadata.ino()))
}

/// Elsewhere a file that is open cannot be deleted.
#[cfg(not(unix))]
fn identity(file: &Path) -> io::Result<Identity> {
    fs::metadata(file).map(|_| Identity(0, 0))
}
