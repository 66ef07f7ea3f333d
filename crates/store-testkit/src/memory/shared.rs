//! What all clones of a [`MemoryStore`](super::MemoryStore) share.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::AtomicI64};

use auth_domain::ports::Clock;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::state::State;

/// The id of the first person; 1 is kept for the administrator.
const FIRST_HASURA_ID: i64 = 2;

/// One content, and who may change it.
pub(super) struct Shared {
    committed: RwLock<State>,
    /// Held by the one writer there may be.
    turn: Arc<Mutex<()>>,
    /// Beside the state, so that an id is not given out again after a rollback.
    pub(super) next_hasura_id: AtomicI64,
    /// When rotations happen, and how long ago they were.
    pub(super) clock: Arc<dyn Clock>,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            committed: RwLock::new(State::new()),
            turn: Arc::default(),
            next_hasura_id: AtomicI64::new(FIRST_HASURA_ID),
            clock,
        }
    }

    /// What is visible to everybody. The lock is never held across a change that could panic half
    /// way, so a poisoned one still guards a sound state.
    pub(super) fn committed(&self) -> RwLockReadGuard<'_, State> {
        match self.committed.read() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// See [`committed`](Self::committed). Only who holds the turn may change it.
    pub(super) fn committed_mut(&self, _turn: &OwnedMutexGuard<()>) -> RwLockWriteGuard<'_, State> {
        match self.committed.write() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }
}
