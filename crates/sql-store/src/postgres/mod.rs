//! The repositories on PostgreSQL.

mod dialect;
mod hot;
#[path = "../repositories/mod.rs"]
mod repositories;
mod schema;

pub use dialect::{Conn, Flavor, store_error};
pub use hot::RotateRefreshToken;
pub use repositories::{
    ClaimMessages, ExpediteMessage, FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken,
    FindUser, HasSecurityKey, HotPath, IsMessageDue, IsSessionOpen, ListMessages, Manager, Ping,
    PooledConn, PostponeMessage, RemoveExpired, RemoveMessage, SqlUnitOfWork, discard,
};
