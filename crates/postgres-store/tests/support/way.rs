//! The way to the cluster over TCP, on which packets can get lost.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use postgres_store::PostgresUrl;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    task::JoinHandle,
};

use super::{Database, cluster_socket, url};

/// A proxy on this host. What it swallows is acknowledged, so that TCP notices nothing.
pub(crate) struct Way {
    url: String,
    accepting: Mutex<Option<JoinHandle<()>>>,
    /// Whether what is sent on the connections of now gets lost.
    lost: Arc<Mutex<Arc<AtomicBool>>>,
}

impl Way {
    /// Leads to a database.
    pub(crate) async fn to(database: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(Mutex::new(Arc::new(AtomicBool::new(false))));
        let current = Arc::clone(&lost);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(cluster_socket()).await.unwrap();
                let lost = Arc::clone(&current.lock().unwrap());
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(carry(from_client, to_server, Arc::clone(&lost)));
                tokio::spawn(carry(from_server, to_client, lost));
            }
        });
        Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/{}", database.name()),
            accepting: Mutex::new(Some(accepting)),
            lost,
        }
    }

    pub(crate) fn url(&self) -> PostgresUrl {
        url(&self.url)
    }

    pub(crate) fn url_text(&self) -> &str {
        &self.url
    }

    /// From now on nothing arrives any more on the connections there are; new ones work.
    pub(crate) fn swallow(&self) {
        let next = Arc::new(AtomicBool::new(false));
        let before = std::mem::replace(&mut *self.lost.lock().unwrap(), next);
        before.store(true, Ordering::SeqCst);
    }

    /// From now on new connections are refused.
    pub(crate) fn close(&self) {
        if let Some(accepting) = self.accepting.lock().unwrap().take() {
            accepting.abort();
        }
    }
}

/// Copies, or loses, what comes. The end is lost as well.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    lost: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let is_lost = lost.load(Ordering::SeqCst);
        if read == 0 {
            if is_lost {
                // Neither side learns that the other has gone.
                std::future::pending::<()>().await;
            }
            return;
        }
        let sent = buffer.get(..read).unwrap_or_default();
        if !is_lost && to.write_all(sent).await.is_err() {
            return;
        }
    }
}
