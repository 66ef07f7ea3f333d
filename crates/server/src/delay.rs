//! Delays, on tokio's runtime.

use std::time::Duration;

use auth_domain::ports::{Delay, Pause};

/// Delays by tokio's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokioDelay;

impl Delay for TokioDelay {
    #[expect(
        clippy::disallowed_methods,
        reason = "no condition is waited for: that time passes is what is wanted"
    )]
    fn pause(&self, time: Duration) -> Pause {
        Box::pin(tokio::time::sleep(time))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_begins_when_it_is_asked_for_and_not_when_it_is_waited_for() {
        let begin = Instant::now();
        let pause = TokioDelay.pause(Duration::from_secs(3));
        tokio::time::advance(Duration::from_secs(2)).await;

        pause.await;

        assert_eq!(begin.elapsed(), Duration::from_secs(3));
    }
}
