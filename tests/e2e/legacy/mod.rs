//! The legacy generation, endpoint by endpoint and row by row.

mod cookie;
mod login;
mod sign_up;
mod user;
