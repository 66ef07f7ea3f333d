//! The pool of connections.
//!
//! The pool counts and keeps places for a connection, not connections. bb8 makes what it keeps in
//! the background, retries on its own, and does not report why it failed: a refused password would
//! be sent over and over, and the caller would get a timeout. An empty place can always be made;
//! its user fills it, and gets the error of connecting.

use std::{convert::Infallible, time::Duration};

use bb8::{ManageConnection, Pool, QueueStrategy};
use tokio::runtime::Handle;

use crate::session::Session;

/// How long a connection may be idle. Servers wait for minutes, networks in between often less.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// A place for a connection.
#[derive(Default)]
pub(crate) struct Place(Option<Session>);

impl Place {
    /// The idle connection, which must be [kept](Self::keep) again if it is still usable. When its
    /// user is cancelled half-way, it is thus not reused in an unknown state.
    pub(crate) fn take(&mut self) -> Option<Session> {
        self.0.take()
    }

    pub(crate) fn keep(&mut self, session: Session) {
        self.0 = Some(session);
    }
}

/// Makes places.
pub(crate) struct Places;

impl Places {
    /// A pool of `size` places, whose connections are closed when they were `idle` for that long.
    pub(crate) fn pool(size: u32, wait: Duration, idle: Duration, runtime: &Handle) -> Pool<Self> {
        // bb8 spawns a task that looks for idle ones.
        let _entered = runtime.enter();
        Pool::builder()
            // bb8 panics at zero.
            .max_size(size.max(1))
            .connection_timeout(wait)
            .idle_timeout(idle)
            .reaper_rate(idle / 3)
            .test_on_check_out(false)
            // The last used one first, so that unneeded ones become idle.
            .queue_strategy(QueueStrategy::Lifo)
            .build_unchecked(Self)
    }
}

impl ManageConnection for Places {
    type Connection = Place;
    type Error = Infallible;

    async fn connect(&self) -> Result<Place, Infallible> {
        Ok(Place::default())
    }

    async fn is_valid(&self, _: &mut Place) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Place) -> bool {
        false
    }
}
