//! Sessions that are open: refreshing, listing and ending them, and personal access tokens.

pub(super) mod personal_access_tokens;
pub(super) mod refresh;
pub(super) mod sessions;
pub(super) mod sign_out;
