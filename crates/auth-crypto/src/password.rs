//! bcrypt.
//!
//! New hashes are written as `$2a$`, the one notation that every reader of the column knows: Go's
//! `x/crypto/bcrypt` writes it itself, and pgcrypto's `crypt()` takes the salt of a `$2b$` or
//! `$2y$` hash for that of another scheme, so no password would match in SQL. The letters tell
//! apart the bugs of older implementations with long or non-ASCII passwords; none of the readers
//! has them, and all letters are verified alike.

use async_trait::async_trait;
use auth_domain::{
    error::Cause,
    limits::ClientNetwork,
    ports::{HasherError, PasswordHasher},
    user::{HashedPassword, PASSWORD_MAX_BYTES, PlainPassword},
};
use bcrypt::{BcryptError, HashParts, Version};

use crate::hashing_pool::HashingPool;

/// The lowest cost bcrypt knows. Only fit for tests.
pub const LOWEST_COST: u32 = 4;

/// The highest cost that is made or verified: about six seconds of one core, twice as much as the
/// step below. A stored hash may name a cost of 31, and would keep that core busy for two days
/// (denial of service).
pub const HIGHEST_COST: u32 = 16;

/// Hashes passwords with bcrypt, on a thread pool with a lower priority and a bounded queue.
///
/// An answer takes the work of the configured cost, whether the stored hash is cheaper, of that
/// cost or missing, so that the time does not tell whether the account exists (user enumeration by
/// timing). A dearer hash takes longer and does tell, so the cost should not be lowered while such
/// hashes are stored.
#[derive(Debug)]
pub struct BcryptHasher {
    cost: u32,
    dummy: HashedPassword,
    pool: HashingPool,
}

/// Why the hasher cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HasherSetupError {
    /// The cost is not between [`LOWEST_COST`] and [`HIGHEST_COST`].
    #[error("the cost of bcrypt is a number from {LOWEST_COST} to {HIGHEST_COST}")]
    Cost,
    /// The operating system refused the threads to work on.
    #[error("the threads that hash passwords cannot be started")]
    Threads(#[source] Cause),
}

/// The password is too long, which the caller should have checked.
#[derive(Debug, thiserror::Error)]
#[error("a password of more than {PASSWORD_MAX_BYTES} bytes was given to be hashed")]
struct Overlong;

impl BcryptHasher {
    /// A hasher with 2^`cost` rounds that works on `parallel` passwords at a time, at least one.
    /// More than one for each core gains nothing and delays everything else.
    ///
    /// # Errors
    ///
    /// [`HasherSetupError::Cost`] for a cost outside [`LOWEST_COST`] to [`HIGHEST_COST`], and
    /// [`HasherSetupError::Threads`] when the threads cannot be started.
    pub fn new(cost: u32, parallel: usize) -> Result<Self, HasherSetupError> {
        if !is_bearable(cost) {
            return Err(HasherSetupError::Cost);
        }
        Ok(Self {
            cost,
            dummy: dummy(cost),
            pool: HashingPool::new(parallel).map_err(HasherSetupError::Threads)?,
        })
    }

    async fn matches(
        &self,
        password: &PlainPassword,
        hash: &HashedPassword,
        client: ClientNetwork,
    ) -> Result<bool, HasherError> {
        let cost = self.cost;
        let password = bytes_bcrypt_sees(password);
        let hash = hash.clone();
        let work = move || verify_evenly(&hash, cost, |hash| verify_now(&password, hash));
        self.run(client, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        client: ClientNetwork,
        work: impl FnOnce() -> Result<T, BcryptError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let result = self.pool.run(client, work).await?;
        result.map_err(|error| HasherError::Failed(error.into()))
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<HashedPassword, HasherError> {
        if !password.can_be_hashed() {
            return Err(HasherError::Failed(Cause::from(Overlong)));
        }
        let cost = self.cost;
        let password = bytes_bcrypt_sees(password);
        self.run(client, move || hash_now(&password, cost)).await
    }

    async fn verify(
        &self,
        password: &PlainPassword,
        hash: &HashedPassword,
        client: ClientNetwork,
    ) -> Result<bool, HasherError> {
        if supported_cost(hash).is_none() {
            self.verify_dummy(password, client).await?;
            return Ok(false);
        }
        // bcrypt reads the first 72 bytes only: without the second half, a right password of that
        // length followed by anything would be accepted too.
        Ok(self.matches(password, hash, client).await? && password.can_be_hashed())
    }

    async fn verify_dummy(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<(), HasherError> {
        let matches = self.matches(password, &self.dummy, client);
        matches.await.map(drop)
    }
}

/// A dummy hash that takes as long to verify as any of this cost. Salt and digest are all zero
/// bits: they do not influence the time, and the result is not used.
fn dummy(cost: u32) -> HashedPassword {
    HashedPassword::new(format!("$2a${cost:02}${:.<53}", ""))
}

fn is_bearable(cost: u32) -> bool {
    (LOWEST_COST..=HIGHEST_COST).contains(&cost)
}

/// The cost of a hash that can be verified.
fn supported_cost(hash: &HashedPassword) -> Option<u32> {
    let parts: HashParts = hash.expose().parse().ok()?;
    Some(parts.get_cost()).filter(|cost| is_bearable(*cost))
}

/// The result of `verify` for `hash`, after no fewer rounds than a hash of `cost` takes (timing).
///
/// A cheaper hash of cost c is followed by dummies of each cost from c up to the one below `cost`.
/// Each cost doubles the rounds, so 2^c + 2^c + 2^(c+1) + … + 2^(cost-1) is exactly 2^cost.
fn verify_evenly(
    hash: &HashedPassword,
    cost: u32,
    mut verify: impl FnMut(&HashedPassword) -> Result<bool, BcryptError>,
) -> Result<bool, BcryptError> {
    let matches = verify(hash)?;
    for missing in supported_cost(hash).unwrap_or(cost)..cost {
        verify(&dummy(missing))?;
    }
    Ok(matches)
}

/// A copy of the bytes that bcrypt reads, for the thread it works on.
fn bytes_bcrypt_sees(password: &PlainPassword) -> Vec<u8> {
    let bytes = password.expose().as_bytes();
    bytes.get(..PASSWORD_MAX_BYTES).unwrap_or(bytes).to_vec()
}

fn hash_now(password: &[u8], cost: u32) -> Result<HashedPassword, BcryptError> {
    let parts = bcrypt::hash_with_result(password, cost)?;
    Ok(HashedPassword::new(parts.format_for_version(Version::TwoA)))
}

fn verify_now(password: &[u8], hash: &HashedPassword) -> Result<bool, BcryptError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the `PasswordHasher`, and the thread may be blocked"
    )]
    bcrypt::verify(password, hash.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three are test vectors of `crypt_blowfish`, the others were made with libxcrypt.
    const KNOWN: [(&str, &str); 5] = [
        (
            "U*U",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ),
        (
            "U*U*",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
        ),
        (
            "U*U*U",
            "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        ),
        (
            "grüße",
            "$2a$05$XXXXXXXXXXXXXXXXXXXXXOfH1U/ymSl317ROg.un1.lwujx/mIf5S",
        ),
        (
            SEVENTY_TWO,
            "$2a$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
        ),
    ];
    const SEVENTY_TWO: &str =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    const CLIENT: ClientNetwork = ClientNetwork::UNKNOWN;

    fn hasher() -> BcryptHasher {
        BcryptHasher::new(LOWEST_COST, 2).unwrap()
    }

    async fn verify(password: &str, hash: &str) -> bool {
        let (password, hash) = (PlainPassword::new(password), HashedPassword::new(hash));
        hasher().verify(&password, &hash, CLIENT).await.unwrap()
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_and_no_other() {
        let hasher = hasher();
        let password = PlainPassword::new("correct horse");

        let hash = hasher.hash(&password, CLIENT).await.unwrap();

        assert!(hasher.verify(&password, &hash, CLIENT).await.unwrap());
        let other = PlainPassword::new("Correct horse");
        assert!(!hasher.verify(&other, &hash, CLIENT).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_are_salted_anew_and_in_the_notation_pgcrypto_reads() {
        let hasher = hasher();
        let password = PlainPassword::new("correct horse");

        let hash = hasher.hash(&password, CLIENT).await.unwrap();

        assert!(hash.expose().starts_with("$2a$04$"), "{}", hash.expose());
        assert_ne!(hash, hasher.hash(&password, CLIENT).await.unwrap());
    }

    #[tokio::test]
    async fn known_hashes_verify_in_every_notation() {
        for (password, hash) in KNOWN {
            assert!(verify(password, hash).await, "{hash}");
            assert!(!verify("U*", hash).await, "{hash}");
        }
    }

    #[tokio::test]
    async fn what_is_not_a_hash_matches_nothing() {
        let (_, good) = KNOWN[0];
        let umlaut = good.replace("eW", "ü");
        let unknown = good.replace("$2a$", "$2c$");
        let too_cheap = good.replace("$05$", "$03$");
        let days_long = good.replace("$05$", "$31$");
        let signed = good.replace("$05$", "$-5$");
        let garbled = good.replace("OeW", "O\u{0}W");
        for hash in [
            "",
            "$2a$",
            "secret",
            &good[..59],
            &format!("{good}x"),
            &umlaut,
            &unknown,
            &too_cheap,
            &days_long,
            &signed,
            &garbled,
            &"ü".repeat(30),
        ] {
            assert!(!verify("U*U", hash).await, "{hash:?}");
        }
    }

    #[test]
    fn a_cost_is_refused_that_would_keep_a_core_busy_for_long() {
        let with_cost = |cost| HashedPassword::new(KNOWN[0].1.replace("$05$", cost));

        assert_eq!(supported_cost(&with_cost("$16$")), Some(16));
        assert_eq!(supported_cost(&with_cost("$17$")), None);
        for cost in [3, 17] {
            let refused = BcryptHasher::new(cost, 1).unwrap_err();
            assert!(matches!(refused, HasherSetupError::Cost));
        }
    }

    #[tokio::test]
    async fn the_seventy_second_byte_counts_and_a_longer_password_never_matches() {
        let hasher = hasher();
        let longest = PlainPassword::new("a".repeat(72));
        let hash = hasher.hash(&longest, CLIENT).await.unwrap();

        assert!(hasher.verify(&longest, &hash, CLIENT).await.unwrap());
        for other in [
            "a".repeat(71),
            "a".repeat(73),
            "a".repeat(71) + "b",
            "a".repeat(1 << 20),
        ] {
            let other = PlainPassword::new(other);
            assert!(!hasher.verify(&other, &hash, CLIENT).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_password_too_long_to_be_hashed_is_not_cut_silently() {
        let overlong = PlainPassword::new("ü".repeat(37));

        assert!(hasher().hash(&overlong, CLIENT).await.is_err());
        assert!(hasher().verify_dummy(&overlong, CLIENT).await.is_ok());
    }

    #[tokio::test]
    async fn zero_bytes_are_part_of_the_password() {
        let hasher = hasher();
        let hash = hasher
            .hash(&PlainPassword::new("a\0b"), CLIENT)
            .await
            .unwrap();

        for other in ["a", "a\0", "a\0c"] {
            let other = PlainPassword::new(other);
            assert!(
                !hasher.verify(&other, &hash, CLIENT).await.unwrap(),
                "{other:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_empty_password_is_a_password() {
        let hasher = hasher();
        let empty = PlainPassword::new("");
        let hash = hasher.hash(&empty, CLIENT).await.unwrap();

        assert!(hasher.verify(&empty, &hash, CLIENT).await.unwrap());
    }

    #[test]
    fn the_dummy_costs_as_much_as_a_hash_of_today() {
        for cost in [4, 10, 16] {
            let dummy = BcryptHasher::new(cost, 1).unwrap().dummy;

            let parts: HashParts = dummy.expose().parse().unwrap();
            assert_eq!(parts.get_cost(), cost);
        }
    }

    #[test]
    fn a_cheaper_hash_takes_as_many_rounds_as_the_dummy_and_a_dearer_one_its_own() {
        let rounds_for = |stored: u32, configured, answer| {
            let hash = HashedPassword::new(KNOWN[0].1.replace("$05$", &format!("${stored:02}$")));
            let mut rounds = 0_u64;
            let matches = verify_evenly(&hash, configured, |asked| {
                rounds += 1 << supported_cost(asked).unwrap();
                Ok(*asked == hash && answer)
            });
            assert_eq!(matches.unwrap(), answer);
            rounds
        };

        for stored in LOWEST_COST..=HIGHEST_COST {
            for configured in LOWEST_COST..=HIGHEST_COST {
                for answer in [true, false] {
                    let rounds = rounds_for(stored, configured, answer);
                    assert_eq!(
                        rounds,
                        1 << configured.max(stored),
                        "{stored}, {configured}"
                    );
                }
            }
        }
    }

    #[tokio::test]
    async fn a_cheaper_hash_verifies_its_password_and_no_other() {
        let hasher = BcryptHasher::new(LOWEST_COST + 2, 1).unwrap();
        let (password, hash) = KNOWN[4];
        let hash = HashedPassword::new(hash);

        let right = PlainPassword::new(password);
        assert!(hasher.verify(&right, &hash, CLIENT).await.unwrap());
        let wrong = PlainPassword::new("U*U");
        assert!(!hasher.verify(&wrong, &hash, CLIENT).await.unwrap());
    }

    #[test]
    fn debug_output_shows_no_hash() {
        assert!(!format!("{:?}", hasher()).contains("$2"));
    }
}
