//! The modern generation, endpoint by endpoint and row by row.

mod anonymous;
mod email_address;
mod email_code;
mod email_link;
mod mfa;
mod password;
mod pkce;
mod recovery_codes;
mod sign_in;
mod sign_out;
mod sign_up;
mod system;
mod token;
mod user;
mod verify;
