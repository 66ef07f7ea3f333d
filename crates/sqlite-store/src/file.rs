//! The database as a file.

use std::{
    fs, io,
    path::{self, Path},
    thread,
    time::Duration,
};

use diesel::{
    Connection, ConnectionError, ConnectionResult, QueryResult, SqliteConnection,
    connection::SimpleConnection, result::Error,
};

/// * Statements wait for a lock, milliseconds as a rule, and not much longer than a client should.
/// * SQLite checks references only when told to.
const SETTINGS: &str = "PRAGMA busy_timeout = 1500; PRAGMA foreign_keys = ON;";

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// The disk has it (one `fsync`): what was acknowledged survives a loss of power.
    #[default]
    Full,
    /// The operating system has it: it survives the end of the process, but a loss of power may take
    /// the last transactions, never a part of one.
    Normal,
}

impl Synchronous {
    fn pragma(self) -> &'static str {
        match self {
            Self::Full => "PRAGMA synchronous = FULL",
            Self::Normal => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// How often the switch of a file to WAL is retried, and how long apart, before the lock of another
/// process is reported.
const SWITCHES: u32 = 250;
const BETWEEN_SWITCHES: Duration = Duration::from_millis(20);

/// Makes the file and its folder, accessible to their owner only, unless they are there.
///
/// SQLite gives the files beside it (`-wal`, `-shm`) the same mode.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    create_file(path)
}

#[cfg(unix)]
fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

fn create_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened.map(drop),
    }
}

/// Opens the database as it is.
pub(crate) fn open_as_is(path: &Path) -> ConnectionResult<SqliteConnection> {
    SqliteConnection::establish(&address(path)?)
}

/// Opens the database for everything.
pub(crate) fn open(path: &Path, synchronous: Synchronous) -> ConnectionResult<SqliteConnection> {
    let mut conn = open_as_is(path)?;
    conn.batch_execute(SETTINGS)
        .and_then(|()| conn.batch_execute(synchronous.pragma()))
        .and_then(|()| switch_to_wal(&mut conn))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// WAL: lets readers go on during a write. The file remembers it, so only the first of several
/// servers has anything to do; while it does, SQLite refuses the others at once instead of making
/// them wait as for any other lock.
fn switch_to_wal(conn: &mut SqliteConnection) -> QueryResult<()> {
    let mut switched = conn.batch_execute("PRAGMA journal_mode = WAL");
    for _ in 1..SWITCHES {
        match &switched {
            Err(Error::DatabaseError(_, info)) if info.message().ends_with("is locked") => {
                pause();
                switched = conn.batch_execute("PRAGMA journal_mode = WAL");
            }
            _ => break,
        }
    }
    switched
}

#[expect(
    clippy::disallowed_methods,
    reason = "SQLite has no condition to wait for here, and this is a thread for blocking work"
)]
fn pause() {
    thread::sleep(BETWEEN_SWITCHES);
}

/// Opens the database to read only.
pub(crate) fn open_to_read(path: &Path) -> ConnectionResult<SqliteConnection> {
    let mut conn = open(path, Synchronous::Full)?;
    conn.batch_execute("PRAGMA query_only = ON;")
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// The path as SQLite takes it. An absolute one: SQLite reads what begins with `file:` as a URL
/// and `:memory:` as no file at all.
fn address(path: &Path) -> ConnectionResult<String> {
    let bad = |reason: String| ConnectionError::BadConnection(reason);
    let absolute = path::absolute(path).map_err(|error| bad(error.to_string()))?;
    let text = absolute.into_os_string().into_string();
    text.map_err(|text| bad(format!("the path is not UTF-8: {}", text.display())))
}

#[cfg(test)]
mod tests {
    use diesel::{QueryableByName, RunQueryDsl, sql_types::Integer};

    use super::*;

    #[derive(QueryableByName)]
    struct Level {
        #[diesel(sql_type = Integer)]
        synchronous: i32,
    }

    #[test]
    fn a_commit_waits_for_what_was_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.db");

        // The numbers are SQLite's: https://www.sqlite.org/pragma.html#pragma_synchronous
        for (synchronous, level) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
            let mut conn = open(&path, synchronous).unwrap();
            let effective: Level = diesel::sql_query("PRAGMA synchronous")
                .get_result(&mut conn)
                .unwrap();
            assert_eq!(effective.synchronous, level);
        }
        assert_eq!(Synchronous::default(), Synchronous::Full);
    }
}
