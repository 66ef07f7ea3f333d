//! The machine's clock and randomness: the default ports.

use std::process;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::{Builder, Uuid};

use crate::ports::{Clock, IdGenerator};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine for the time"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// Ids and tokens from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(random_bytes()).into_uuid()
    }

    fn token_bytes(&self) -> [u8; 24] {
        random_bytes()
    }
}

/// Random bytes from a source fit for secrets.
///
/// Where the system call is missing or forbidden (seccomp), `/dev/urandom` is read. If that fails
/// too, the process ends: an attacker could guess every id it would still give out, and unwinding
/// would leave it serving.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        eprintln!("the operating system provides no random bytes");
        process::abort();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Variant;

    use super::*;

    #[test]
    fn moments_are_whole_microseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1000, 0);
    }

    #[test]
    fn ids_are_random_uuids() {
        let id = RandomIds.uuid();

        assert_eq!(id.get_version_num(), 4);
        assert_eq!(id.get_variant(), Variant::RFC4122);
    }

    #[test]
    fn values_do_not_repeat() {
        let ids: HashSet<_> = (0..1000).map(|_| RandomIds.uuid()).collect();
        let tokens: HashSet<_> = (0..1000).map(|_| RandomIds.token_bytes()).collect();

        assert_eq!((ids.len(), tokens.len()), (1000, 1000));
    }

    #[test]
    fn every_byte_of_a_token_is_filled() {
        let mut seen = [0; 24];
        for _ in 0..1000 {
            for (all, byte) in seen.iter_mut().zip(RandomIds.token_bytes()) {
                *all |= byte;
            }
        }

        assert_eq!(seen, [0xff; 24]);
    }
}
