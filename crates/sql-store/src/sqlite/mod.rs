//! The repositories on SQLite.

mod dialect;
mod hot;
mod locks;
#[path = "../repositories/mod.rs"]
mod repositories;
mod schema;

pub use dialect::{Conn, Flavor, store_error};
pub use hot::RotateRefreshToken;
pub use repositories::{
    clean_up::RemoveExpired,
    connection::{Manager, PooledConn, discard},
    hot_path::{
        FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken, FindUser, HasSecurityKey,
        HotPath, IsSessionOpen, Ping,
    },
    queued_messages::{
        ClaimMessages, ExpediteMessage, IsMessageDue, ListMessages, PostponeMessage, RemoveMessage,
    },
    unit_of_work::SqlUnitOfWork,
};
