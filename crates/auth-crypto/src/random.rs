//! Randomness of the operating system.

use std::process;

use auth_domain::ports::IdGenerator;
use uuid::{Builder, Uuid};

/// Ids and tokens from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(random()).into_uuid()
    }

    fn token_bytes(&self) -> [u8; 24] {
        random()
    }
}

/// Random bytes, or none at all.
///
/// The system call fails only where it is missing or forbidden, as in a careless sandbox. OpenSSL
/// has other ways to the same source, so it is asked next. If it has none either, the process
/// ends: every id it could still give out would be one that others can guess, and unwinding would
/// leave it serving.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() && openssl::rand::rand_bytes(&mut bytes).is_err() {
        eprintln!("neither the operating system nor OpenSSL provides random bytes");
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
