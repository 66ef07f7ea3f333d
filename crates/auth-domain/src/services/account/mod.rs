//! What a user does about their account.

pub(super) mod current_user;
pub(super) mod email_address;
pub(super) mod password_change;
pub(super) mod phone_change;
pub(super) mod sign_up;
