//! Retrying contended units of work.

use crate::error::StoreError;

/// How often work is tried before its contention is reported.
const ATTEMPTS: usize = 3;

/// Runs `work` until it is not [`StoreError::Contended`], at most three times. `work` must have no
/// effect outside the store.
pub(in crate::services) async fn retry<T, Work, Attempt>(work: Work) -> Result<T, StoreError>
where
    T: Send,
    Work: Fn() -> Attempt + Send + Sync,
    Attempt: Future<Output = Result<T, StoreError>> + Send,
{
    for _ in 1..ATTEMPTS {
        match work().await {
            Err(StoreError::Contended(_)) => {}
            done => return done,
        }
    }
    work().await
}
