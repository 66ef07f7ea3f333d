//! Signing in with identity providers.

mod apple;
mod connecting;
mod each;
mod flows;
mod id_tokens;
mod newcomers;
mod parameters;
mod twitter;
