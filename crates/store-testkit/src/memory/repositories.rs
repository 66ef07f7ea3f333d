//! The repositories of a unit of work: each of their methods is one attempt at changing its draft.

mod identities;
mod messages;
mod second_factors;
mod security_keys;
mod sessions;
mod tickets;
mod users;
