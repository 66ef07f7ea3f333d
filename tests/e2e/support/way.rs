//! A network between a server and its database, in which a test causes faults.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::watch,
    task::JoinSet,
};

use super::{Cluster, Database};

/// The fate of the bytes that are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// Black hole: acknowledged and never delivered; the sender is not told that the peer is gone.
    Lost,
}

/// A TCP proxy in front of a cluster.
pub(crate) struct Way {
    port: u16,
    /// The fate of open connections, and of new ones.
    fate: Arc<Mutex<watch::Sender<Fate>>>,
    _accepting: JoinSet<()>,
}

impl Way {
    pub(crate) async fn to(cluster: &Cluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fate = Arc::new(Mutex::new(watch::Sender::new(Fate::Arrives)));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, cluster.socket(), Arc::clone(&fate)));
        Self {
            port,
            fate,
            _accepting: accepting,
        }
    }

    /// The database's URL through the proxy.
    pub(crate) fn database(&self) -> Database {
        let port = self.port;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable");
        Database::Postgres(url)
    }

    /// From now on open connections are black holes; new ones work, as after a failover to another
    /// host.
    pub(crate) fn lose_connections(&self) {
        let before = self.replace_fate(Fate::Arrives);
        before.send_replace(Fate::Lost);
        // Kept open: closing it would cut the connections.
        std::mem::forget(before);
    }

    /// From now on all connections are black holes, also new ones.
    pub(crate) fn lose_everything(&self) {
        self.fate.lock().unwrap().send_replace(Fate::Lost);
    }

    /// Cuts all connections; new ones work.
    pub(crate) fn cut(&self) {
        drop(self.replace_fate(Fate::Arrives));
    }

    fn replace_fate(&self, fate: Fate) -> watch::Sender<Fate> {
        std::mem::replace(&mut *self.fate.lock().unwrap(), watch::Sender::new(fate))
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, fate: Arc<Mutex<watch::Sender<Fate>>>) {
    // Connections end with this task.
    let mut carriers = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let fate = fate.lock().unwrap().subscribe();
        let Ok(server) = UnixStream::connect(&socket).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        carriers.spawn(carry(from_client, to_server, fate.clone()));
        carriers.spawn(carry(from_server, to_client, fate));
    }
}

/// Copies, or discards, bytes until one side ends or both are cut off.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut fate: watch::Receiver<Fate>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            changed = fate.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let arrives = *fate.borrow() == Fate::Arrives;
        if read == 0 {
            if arrives {
                return;
            }
            let _cut = fate.wait_for(|_| false).await;
            return;
        }
        if arrives && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
