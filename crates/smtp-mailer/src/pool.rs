//! Connections that are kept for the next mail.
//!
//! What the pool counts and keeps are places for a connection, not connections. bb8 makes what it
//! keeps in the background, tries again on its own, and tells nobody why it failed: a password
//! that is refused would be sent over and over, and the caller would learn of a timeout. An empty
//! place can always be made, and whoever gets one fills it, with errors of their own.

use std::{convert::Infallible, time::Duration};

use bb8::{ManageConnection, Pool, QueueStrategy};
use tokio::runtime::Handle;

use crate::session::Session;

/// After how long a server need not expect another mail. Servers wait for minutes, networks in
/// between often less.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// A place for a connection.
#[derive(Default)]
pub(crate) struct Place(Option<Session>);

impl Place {
    /// The idle connection, which must be [kept](Self::keep) again if it is still of use. Whoever
    /// is stopped half-way thus leaves no conversation for the next to stumble into.
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
    /// Room for `size` connections, each of which is closed when it was `idle` for that long.
    pub(crate) fn pool(size: u32, wait: Duration, idle: Duration, runtime: &Handle) -> Pool<Self> {
        // bb8 starts a task that looks for idle ones.
        let _entered = runtime.enter();
        Pool::builder()
            // It panics at zero.
            .max_size(size.max(1))
            .connection_timeout(wait)
            .idle_timeout(idle)
            .reaper_rate(idle / 3)
            .test_on_check_out(false)
            // The one used last first, so that those not needed become idle.
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
