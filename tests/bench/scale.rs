//! How much is measured and for how long, and how it fails.

use std::{error::Error, time::Duration};

/// Whatever went wrong; the program has nobody to explain it to but a developer.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long each row is measured.
pub(crate) const TIME: Duration = Duration::from_secs(5);

/// Clients of a row, each with a connection, an account and a session of its own.
pub(crate) const CLIENTS: usize = 16;

/// Clients that refresh beside a flood of sign-ins. Few, so that what they wait for is the flood
/// and not each other.
pub(crate) const BYSTANDERS: usize = 4;

/// Clients that flood the sign-in.
pub(crate) const FLOODERS: usize = 64;

/// What new passwords cost in both original servers.
pub(crate) const BCRYPT_COST: u32 = 10;
