//! Keeping to oneself whether an account exists.

use super::{Failure, Installation};
use crate::{error::chain, ports::BackgroundBusy};

/// An error of a use case that may be the world's fault.
pub(super) trait MayBeFailure {
    /// The failure, if that is what it is.
    fn failure(&self) -> Option<&Failure>;
}

impl Installation {
    /// Does `work`, whose outcome and duration tell whether an account exists.
    ///
    /// While that is concealed, the caller has an answer before it begins, and only the log learns
    /// of a failure.
    pub(super) async fn discreetly<E>(
        &self,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Result<(), E>
    where
        E: MayBeFailure + From<BackgroundBusy>,
    {
        let Some(background) = &self.concealment else {
            return work.await;
        };
        let work = async move {
            let outcome = work.await;
            if let Some(failure) = outcome.as_ref().err().and_then(MayBeFailure::failure) {
                tracing::error!(error = chain(failure), "a concealed request failed");
            }
        };
        Ok(background.begin(Box::pin(work))?)
    }
}
