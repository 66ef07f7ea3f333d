//! Ways to sign in: one file per way.

pub(super) mod anonymous;
pub(super) mod email;
pub(super) mod password;
pub(super) mod provider;
pub(super) mod security_key;
pub(super) mod sms;
