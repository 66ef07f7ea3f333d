//! Protection against user enumeration: neither an answer nor its time tells whether an account exists.

use std::time::Duration;

use crate::{
    error::chain,
    services::{
        dependencies::Dependencies,
        error::{Error, Refusal},
    },
};

/// The delay before a wrong guess is refused. Many times what the work behind it takes, so that the
/// time does not tell how much work there was (timing).
const WRONG_GUESS_DELAY: Duration = Duration::from_millis(300);

impl Dependencies {
    /// Does `work`, whose outcome and duration tell whether an account exists.
    ///
    /// With enumeration protection the client has its answer before the work begins, and a failure
    /// is only logged.
    pub(in crate::services) async fn in_background<R: Refusal>(
        &self,
        work: impl Future<Output = Result<(), Error<R>>> + Send + 'static,
    ) -> Result<(), Error<R>> {
        let Some(protection) = &self.enumeration_protection else {
            return work.await;
        };
        let work = async move {
            let outcome = work.await;
            if let Some(failure) = outcome.as_ref().err().and_then(Error::failure) {
                tracing::error!(error = chain(failure), "a concealed request failed");
            }
        };
        Ok(protection.background.begin(Box::pin(work))?)
    }

    /// Checks a guess by `work`, which has less to do where there is no account.
    ///
    /// With enumeration protection a wrong guess is refused no sooner than [`WRONG_GUESS_DELAY`]
    /// after it was made. A right one does not wait.
    pub(in crate::services) async fn after_fixed_delay<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let Some(protection) = &self.enumeration_protection else {
            return work.await;
        };
        let pause = protection.delay.pause(WRONG_GUESS_DELAY);
        let outcome = work.await;
        if outcome.is_err() {
            pause.await;
        }
        outcome
    }
}
