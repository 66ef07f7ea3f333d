//! Keeping to oneself whether an account exists.

use std::time::Duration;

use super::{Dependencies, MayBeFailure};
use crate::{error::chain, ports::BackgroundBusy};

/// How long it takes to be told that a guess is wrong. Many times what the work behind it takes, so
/// that nobody can tell from the time how much there was to do.
const WRONG_GUESS_DELAY: Duration = Duration::from_millis(300);

impl Dependencies {
    /// Does `work`, whose outcome and duration tell whether an account exists.
    ///
    /// While that is concealed, the caller has an answer before it begins, and only the log learns
    /// of a failure.
    pub(super) async fn in_background<E>(
        &self,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Result<(), E>
    where
        E: MayBeFailure + From<BackgroundBusy>,
    {
        let Some(enumeration_protection) = &self.enumeration_protection else {
            return work.await;
        };
        let work = async move {
            let outcome = work.await;
            if let Some(failure) = outcome.as_ref().err().and_then(MayBeFailure::failure) {
                tracing::error!(error = chain(failure), "a concealed request failed");
            }
        };
        Ok(enumeration_protection.background.begin(Box::pin(work))?)
    }

    /// Judges a guess by `work`, which has less to do where there is no account.
    ///
    /// While that is concealed, nobody is refused sooner than [`WRONG_GUESS_DELAY`] after they asked. Whoever
    /// guessed right does not wait.
    pub(super) async fn after_fixed_delay<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let Some(enumeration_protection) = &self.enumeration_protection else {
            return work.await;
        };
        let pause = enumeration_protection.delay.pause(WRONG_GUESS_DELAY);
        let outcome = work.await;
        if outcome.is_err() {
            pause.await;
        }
        outcome
    }
}
