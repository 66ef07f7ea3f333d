//! A PostgreSQL of one test, which may be stopped, paused and filled without effect on other tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{Database, postgres::connect, postgres_program, server::within};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts");

/// A cluster with one database. It is removed when this value is dropped.
pub(crate) struct Cluster {
    url: String,
    folder: PathBuf,
    /// Ends when its input is closed, which happens however this process ends.
    _process: Child,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::start_below(&std::env::temp_dir()).await
    }

    /// Starts one whose files are below `folder`.
    pub(crate) async fn start_below(folder: &Path) -> Self {
        // Prints that the server is up, and waits for the end of its input.
        let mut process = Command::new(format!("{SCRIPTS}/with-postgres"))
            .args(["sh", "-c", r#"echo "$TEST_POSTGRES_URL"; cat"#])
            .env("TMPDIR", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = within(lines.next_line()).await.unwrap();
        let url = url.expect("the cluster did not start");
        let (_, folder) = url.split_once("host=").unwrap();
        let folder = PathBuf::from(folder.replace("%2F", "/").replace("%2E", "."));
        assert!(folder.is_dir(), "{url}");
        Self {
            url,
            folder,
            _process: process,
        }
    }

    /// Its database.
    pub(crate) fn database(&self) -> Database {
        Database::Postgres(self.url.clone())
    }

    /// The socket it listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Stops it as a shutdown of its machine does.
    pub(crate) async fn stop(&self) {
        self.control(&["-m", "fast", "stop"]).await;
    }

    /// Starts it again.
    pub(crate) async fn start_again(&self) {
        self.control(&["-t", "60", "start"]).await;
    }

    /// Changes a setting for every session, and waits until a new session has it: PostgreSQL reloads
    /// its settings after it has answered the request.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        let client = connect(&self.url).await;
        client
            .batch_execute(&format!("ALTER SYSTEM SET {name} = {value}"))
            .await
            .unwrap();
        let reload = "SELECT pg_reload_conf()";
        client.batch_execute(reload).await.unwrap();
        within(async {
            loop {
                let session = connect(&self.url).await;
                let shown = session.query_one(&format!("SHOW {name}"), &[]).await;
                if shown.unwrap().get::<_, &str>(0) == value {
                    break;
                }
            }
        })
        .await;
    }

    /// Pauses all its processes (SIGSTOP). They resume when the value is dropped.
    pub(crate) async fn pause(&self) -> Paused {
        let client = connect(&self.url).await;
        let rows = client
            .query("SELECT pid FROM pg_stat_activity", &[])
            .await
            .unwrap();
        let mut pids: Vec<_> = rows.iter().map(|row| row.get::<_, i32>(0)).collect();
        let postmaster = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        // The parent first, so that it starts no more of them.
        pids.insert(0, postmaster.lines().next().unwrap().parse().unwrap());
        let paused = Paused(pids.iter().map(ToString::to_string).collect());
        paused.signal("-STOP");
        paused
    }

    async fn control(&self, arguments: &[&str]) {
        let script = format!("source {SCRIPTS}/throwaway.bash; as_server \"$@\"");
        let status = Command::new("bash")
            .args(["-c", &script, "bash"])
            .arg(postgres_program("pg_ctl"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .arg("-w")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert!(within(status).await.unwrap().success(), "{arguments:?}");
    }
}

/// The processes of a cluster while they are paused.
pub(crate) struct Paused(Vec<String>);

impl Paused {
    fn signal(&self, signal: &str) {
        // One of them may have ended in the meantime.
        let _status = std::process::Command::new("kill")
            .arg(signal)
            .args(&self.0)
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}
