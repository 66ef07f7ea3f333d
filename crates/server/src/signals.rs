//! Signals that end the process, and one that must not.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What shells report of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Waits for Ctrl-C or SIGTERM. After that a second signal ends the process at once, without waiting
/// for requests under way.
pub(crate) async fn shutdown_requested() {
    match Signals::listen() {
        Ok(mut signals) => {
            signals.next().await;
            tokio::spawn(async move {
                signals.next().await;
                process::exit(INTERRUPTED);
            });
        }
        Err(error) => {
            tracing::error!(%error, "signals cannot be listened to; the process has to be killed");
            std::future::pending::<()>().await;
        }
    }
}

/// Handles SIGXFSZ for as long as the process lives, so that a write beyond the file size limit
/// (`ulimit -f`) fails like one to a full disk. Without a handler the signal ends the process.
///
/// # Errors
///
/// What the operating system answers.
pub(crate) fn outlive_file_size_limit() -> io::Result<()> {
    let exceeded = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // The handler stays installed after its receiver is dropped.
    signal(exceeded).map(drop)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
