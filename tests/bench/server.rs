//! The server under test, as a process of its own.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::interval,
};

use crate::scale::{BCRYPT_COST, Failure};

/// The pause between two checks whether the server is up, and the timeout of all.
const PACE: Duration = Duration::from_millis(50);
const PATIENCE: u32 = 600;

/// Any secret will do; a fixed one keeps the runs comparable.
const JWT_SECRET: &str =
    r#"{"type":"HS256","key":"a secret of more than thirty-two bytes, for the benchmark only"}"#;

/// The database of the server.
#[derive(Debug)]
pub(crate) enum Database {
    /// The database with this URL.
    Postgres(String),
    /// A new file.
    Sqlite,
}

impl Database {
    /// Its name in the table.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

/// A running server. Dropping it ends its process, and nothing else.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Server {
    /// Starts `program` on a free port with a new data folder, and waits until it listens.
    pub(crate) async fn start(program: &OsStr, database: &Database) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let process = command(program, database, folder.path(), port)?.spawn()?;
        let url = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        let mut server = Self {
            process,
            url,
            folder,
        };
        server.wait_until_it_listens(port).await?;
        Ok(server)
    }

    /// The prefix of its paths.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        Ok(self.process.kill().await?)
    }

    async fn wait_until_it_listens(&mut self, port: u16) -> Result<(), Failure> {
        let mut pace = interval(PACE);
        for _ in 0..PATIENCE {
            pace.tick().await;
            if let Some(status) = self.process.try_wait()? {
                return Err(self.complaint(&format!("ended with {status}")));
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_ok()
            {
                return Ok(());
            }
        }
        Err(self.complaint("does not listen"))
    }

    fn complaint(&self, what: &str) -> Failure {
        let log = fs::read_to_string(log_in(self.folder.path())).unwrap_or_default();
        format!("the server {what}:\n{log}").into()
    }
}

/// The environment is emptied first: it may hold settings of a real server.
fn command(
    program: &OsStr,
    database: &Database,
    folder: &Path,
    port: u16,
) -> Result<Command, Failure> {
    let log = File::create(log_in(folder))?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env_clear()
        .env("AUTH_HOST", Ipv4Addr::LOCALHOST.to_string())
        .env("AUTH_PORT", port.to_string())
        .env("AUTH_DATA_DIR", folder)
        .env("AUTH_BCRYPT_COST", BCRYPT_COST.to_string())
        .env("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
        .env("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    if let Database::Postgres(url) = database {
        command.env("POSTGRES_CONNECTION", url);
    }
    Ok(command)
}

fn log_in(folder: &Path) -> impl AsRef<Path> + use<> {
    folder.join("log")
}

/// A free port. Race: another process may take it before the server does, which would then report it
/// and end.
fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
