//! The unit of work of a [`MemoryStore`](super::MemoryStore).

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::{
        LinkedIdentityRepository, MessageRepository, RoleRepository, SecondFactorRepository,
        SecurityKeyRepository, SessionRepository, TicketRepository, UnitOfWork, UserRepository,
    },
};
use tokio::sync::OwnedMutexGuard;

use super::{shared::Shared, state::State};

/// Changes a copy of the state; no other unit of work begins until it ends.
pub(super) struct MemoryUnitOfWork {
    pub(super) shared: Arc<Shared>,
    turn: OwnedMutexGuard<()>,
    draft: State,
    failed: bool,
}

impl MemoryUnitOfWork {
    pub(super) async fn begin(shared: Arc<Shared>) -> Self {
        let turn = shared.turn().await;
        let draft = shared.committed().clone();
        Self {
            shared,
            turn,
            draft,
            failed: false,
        }
    }

    pub(super) fn attempt<T>(
        &mut self,
        step: impl FnOnce(&mut State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check_not_failed()?;
        let outcome = step(&mut self.draft);
        self.failed = outcome.is_err();
        outcome
    }

    fn check_not_failed(&self) -> Result<(), StoreError> {
        if self.failed {
            let cause = "an earlier step of the unit of work failed; only its end is allowed";
            return Err(StoreError::Backend(cause.into()));
        }
        Ok(())
    }
}

#[async_trait]
impl UnitOfWork for MemoryUnitOfWork {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn tickets(&mut self) -> &mut dyn TicketRepository {
        self
    }

    fn messages(&mut self) -> &mut dyn MessageRepository {
        self
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self
    }

    fn security_keys(&mut self) -> &mut dyn SecurityKeyRepository {
        self
    }

    fn identities(&mut self) -> &mut dyn LinkedIdentityRepository {
        self
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.check_not_failed()?;
        let Self {
            shared,
            turn,
            draft,
            ..
        } = *self;
        *shared.committed_mut(&turn) = draft;
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}
