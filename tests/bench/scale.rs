//! The scale of the measurements, and their errors.

use std::{error::Error, time::Duration};

/// Any failure; only a developer reads it.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long each row is measured.
pub(crate) const TIME: Duration = Duration::from_secs(5);

/// Clients of a row, each with a connection, an account and a session of its own.
pub(crate) const CLIENTS: usize = 16;

/// Clients that refresh during a flood of sign-ins. Few, so that they wait for the flood and not for
/// each other.
pub(crate) const BYSTANDERS: usize = 4;

/// Clients that flood the sign-in.
pub(crate) const FLOODERS: usize = 64;

/// The bcrypt cost of new passwords in both original servers.
pub(crate) const BCRYPT_COST: u32 = 10;
