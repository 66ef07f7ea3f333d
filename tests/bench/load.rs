//! Clients that send requests one after the other.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Barrier, task::JoinSet};

use crate::{measured::Measured, scale::Failure};

/// Most requests of one client in one run, whatever the time.
const MOST_REQUESTS: usize = 200_000;

/// Sends one kind of request, each when the one before is answered.
pub(crate) trait Client: Send + 'static {
    /// Sends a request; any answer but the expected one is a failure.
    fn request(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Lets all `clients` send at once for `time`.
///
/// The first request of each opens its connection and is not counted.
pub(crate) async fn run<C: Client>(clients: Vec<C>, time: Duration) -> Result<Measured, Failure> {
    let start = Arc::new(Barrier::new(clients.len()));
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(send(client, Arc::clone(&start), time));
    }
    let mut latencies = Vec::new();
    let mut elapsed = Duration::ZERO;
    while let Some(sent) = tasks.join_next().await {
        let (own_latencies, own_elapsed) = sent??;
        latencies.extend(own_latencies);
        elapsed = elapsed.max(own_elapsed);
    }
    Measured::of(latencies, elapsed)
}

async fn send<C: Client>(
    mut client: C,
    start: Arc<Barrier>,
    time: Duration,
) -> Result<(Vec<Duration>, Duration), Failure> {
    let warmed_up = client.request().await;
    // Before the failure is reported: the others would wait for this client forever.
    start.wait().await;
    warmed_up?;
    let mut latencies = Vec::new();
    let began = Instant::now();
    while began.elapsed() < time && latencies.len() < MOST_REQUESTS {
        let sent = Instant::now();
        client.request().await?;
        latencies.push(sent.elapsed());
    }
    Ok((latencies, began.elapsed()))
}
