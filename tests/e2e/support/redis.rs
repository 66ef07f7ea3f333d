//! Redis servers: the one that `scripts/test` starts, and those that a test stops.

use std::{
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
};

use super::{ServerBuilder, server::within, told};

impl ServerBuilder {
    /// Counts in the shared Redis, isolated from other tests by `prefix`.
    pub(crate) fn counting_in_redis(self, prefix: &str) -> Self {
        self.counting_at(&told("TEST_REDIS_URL"))
            .set("AUTH_RATE_LIMIT_REDIS_PREFIX", prefix)
    }

    /// Counts in the Redis at `url`.
    pub(crate) fn counting_at(self, url: &str) -> Self {
        self.set("AUTH_RATE_LIMIT_REDIS_URL", url)
    }
}

/// A prefix that no other test has.
pub(crate) fn redis_prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("e2e-{}-{next}:", std::process::id())
}

/// A Redis of one test, which is ended when this value is dropped.
pub(crate) struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts one with further settings, and waits until it listens.
    pub(crate) async fn start(settings: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("socket");
        let child = Command::new(told("TEST_REDIS_PROGRAM"))
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .args(settings)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        within(async {
            while UnixStream::connect(&socket).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Self { child, folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}/socket", self.folder.path().display())
    }

    /// Kills it.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Makes it hang, with its connections open.
    pub(crate) fn pause(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-STOP", &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}
