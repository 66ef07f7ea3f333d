//! The limits: the same work without a server around it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::Stdio,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use tokio::{
    process::Command,
    task::{JoinSet, spawn_blocking},
};

use crate::{measured::per_second, scale::Failure};

/// bcrypt verifications per second on all cores.
pub(crate) async fn bcrypt(cost: u32, time: Duration) -> Result<f64, Failure> {
    let parts = spawn_blocking(move || bcrypt::hash_with_result("a password", cost)).await??;
    let hash = parts.to_string();
    let mut cores = JoinSet::new();
    let began = Instant::now();
    for _ in 0..available_parallelism()?.get() {
        let hash = hash.clone();
        cores.spawn_blocking(move || verify_for(time, &hash));
    }
    let mut count = 0;
    while let Some(verified) = cores.join_next().await {
        count += verified??;
    }
    per_second(count, began.elapsed())
}

fn verify_for(time: Duration, hash: &str) -> Result<usize, Failure> {
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < time {
        #[expect(clippy::disallowed_methods, reason = "bare bcrypt is what is measured")]
        bcrypt::verify("a password", hash)?;
        count += 1;
    }
    Ok(count)
}

/// pgbench, which sends the server's statements over as many connections as there are clients.
#[derive(Debug)]
pub(crate) struct PgBench {
    program: OsString,
    url: String,
}

impl PgBench {
    /// Runs `program` against the database with this URL.
    pub(crate) fn new(program: OsString, url: &str) -> Self {
        Self {
            program,
            url: url.to_owned(),
        }
    }

    /// Users read per second.
    pub(crate) async fn user(&self, clients: usize, time: Duration) -> Result<f64, Failure> {
        self.seed(clients).await?;
        self.measure("user.sql", "first=1", clients, time).await
    }

    /// Refresh tokens rotated per second. Comes after [`user`](Self::user), which seeds.
    pub(crate) async fn refresh(&self, clients: usize, time: Duration) -> Result<f64, Failure> {
        self.measure("refresh.sql", "rotation=0", clients, time)
            .await
    }

    async fn seed(&self, clients: usize) -> Result<(), Failure> {
        let clients = format!("clients={clients}");
        let arguments = ["--transactions=1", "--define", &clients];
        self.run("seed.sql", &arguments).await.map(drop)
    }

    async fn measure(
        &self,
        script: &str,
        variable: &str,
        clients: usize,
        time: Duration,
    ) -> Result<f64, Failure> {
        let (clients, seconds) = (clients.to_string(), time.as_secs().to_string());
        let output = self
            .run(
                script,
                &[
                    "--protocol=prepared",
                    "--client",
                    &clients,
                    "--jobs=2",
                    "--time",
                    &seconds,
                    "--define",
                    variable,
                ],
            )
            .await?;
        transactions_per_second(&output)
    }

    async fn run(&self, script: &str, arguments: &[&str]) -> Result<String, Failure> {
        let output = Command::new(&self.program)
            .args(["--no-vacuum", "--file"])
            .arg(path(script))
            .args(arguments)
            .arg(&self.url)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("pgbench {script} failed:\n{complaint}").into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn path(script: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "bench", script]
        .iter()
        .collect()
}

/// From the line `tps = 4956.634099 (without initial connection time)`.
fn transactions_per_second(output: &str) -> Result<f64, Failure> {
    let rate = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    Ok(rate.ok_or("pgbench did not tell a rate")?.parse()?)
}
