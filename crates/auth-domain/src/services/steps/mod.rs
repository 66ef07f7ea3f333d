//! Steps that several use cases share.

pub(super) mod custom_claims;
pub(super) mod email;
pub(super) mod enumeration_protection;
pub(super) mod first_verification;
pub(super) mod grant;
pub(super) mod noted_user;
pub(super) mod password_rule;
pub(super) mod rate_limit;
pub(super) mod redeem_code;
pub(super) mod retry;
pub(super) mod session_opening;
pub(super) mod sms;
