//! The repositories on SQLite.

mod dialect;
mod hot;
#[path = "../repositories/mod.rs"]
mod repositories;
mod schema;

pub use dialect::{Conn, store_error};
pub use hot::RotateRefreshToken;
pub use repositories::{
    FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken, FindUser, HasSecurityKey,
    HotPath, IsSessionOpen, Manager, Ping, PooledConn, RemoveExpired, SqlUnitOfWork, discard,
};
