//! The modern generation, endpoint by endpoint and row by row.

mod sign_in;
mod sign_out;
mod sign_up;
mod system;
mod token;
mod user;
