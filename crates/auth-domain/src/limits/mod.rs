//! Rate limits: per client, per account, per mailbox, per phone.
//!
//! [`RateLimit`] says how often. The [`Limiter`] counts: on this server alone, or together with the
//! other servers if there is a [`SharedCounter`]. What it counts has a [`CounterKey`].
//! [`AccountLimits`] are those per account and recipient; limits per client belong to the API.
//!
//! [`SharedCounter`]: crate::ports::SharedCounter

mod account;
mod client;
mod key;
mod limiter;
mod memory;
mod window;

pub use account::{AccountLimits, TooMany};
pub(crate) use account::{MailRequest, TextRequest};
pub use client::ClientNetwork;
pub(crate) use key::AccountName;
pub use key::{CounterKey, NamingKey};
pub use limiter::Limiter;
pub use window::{RateLimit, Verdict};
