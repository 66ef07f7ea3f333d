//! The modern generation, endpoint by endpoint and row by row.

mod anonymous;
mod change_env;
mod diagrams;
mod elevation;
mod email_address;
mod email_code;
mod email_link;
mod enumeration_protection;
mod link_code;
mod mfa;
mod password;
mod personal_access_token;
mod phone_number;
mod pkce;
mod providers;
mod recovery_codes;
mod security_keys;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod sms;
mod system;
mod token;
mod user;
mod verify;
