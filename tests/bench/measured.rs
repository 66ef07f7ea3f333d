//! Statistics of many requests.

use std::time::Duration;

use crate::scale::Failure;

/// Rate and latency of one kind of request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The 99th percentile of the latency.
    pub(crate) p99: Duration,
}

impl Measured {
    /// Sums up requests that were answered within `elapsed`.
    pub(crate) fn of(mut latencies: Vec<Duration>, elapsed: Duration) -> Result<Self, Failure> {
        latencies.sort_unstable();
        let rank = (latencies.len() * 99).div_ceil(100);
        let p99 = latencies
            .get(rank.saturating_sub(1))
            .ok_or("no request was answered")?;
        Ok(Self {
            rate: per_second(latencies.len(), elapsed)?,
            p99: *p99,
        })
    }
}

/// Requests per second, for each second.
pub(crate) fn per_second(count: usize, elapsed: Duration) -> Result<f64, Failure> {
    Ok(f64::from(u32::try_from(count)?) / elapsed.as_secs_f64())
}
