//! The message queue.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError, one_time_code::CodePurpose, ports::MessageRepository,
    queued_message::NewQueuedMessage, user::UserId,
};

use super::super::unit_of_work::MemoryUnitOfWork;

#[async_trait]
impl MessageRepository for MemoryUnitOfWork {
    async fn enqueue(&mut self, message: &NewQueuedMessage) -> Result<(), StoreError> {
        self.attempt(|state| state.enqueue(message.clone()))
    }

    async fn withdraw(&mut self, user: UserId, purpose: CodePurpose) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.messages().withdraw(user, purpose);
            Ok(())
        })
    }
}
