//! Starts the server, sends requests to it, and reads its database.

mod access_token;
mod answer;
mod authenticator;
mod binary;
mod browser;
mod cluster;
mod database;
mod identity_provider;
mod issuer;
mod keys;
mod mail;
mod open_request;
mod outbox;
mod postgres;
mod redis;
mod script;
mod security_key;
mod server;
mod sms;
mod smtp;
mod way;
mod web_service;

pub(crate) use access_token::claims_of;
pub(crate) use answer::Answer;
pub(crate) use authenticator::{Authenticator, Person, scanned};
pub(crate) use binary::hasura_auth;
pub(crate) use browser::{Browser, parameter};
pub(crate) use cluster::Cluster;
pub(crate) use database::Database;
pub(crate) use identity_provider::{CALLBACK, GitHub, Member, SIGN_IN};
pub(crate) use issuer::{AUDIENCE, Issuer, hashed, now};
pub(crate) use keys::{ec_key, pem, rsa_key};
pub(crate) use mail::CLIENT_URL;
pub(crate) use postgres::{connect, fresh_postgres, postgres_program};
pub(crate) use redis::{Redis, redis_prefix};
pub(crate) use script::told;
pub(crate) use security_key::{BrowserTale, SecurityKey};
pub(crate) use server::{
    Server, ServerBuilder, address_in, http_client, legacy_credentials, within,
};
pub(crate) use sms::{Phones, other_than};
pub(crate) use smtp::{Mood, SmtpServer};
pub(crate) use way::Way;
pub(crate) use web_service::{Received, WebService};

/// The password of all users in these tests who need no other.
pub(crate) const PASSWORD: &str = "correct horse";

/// Runs the same test body on both databases, as `name::sqlite` and `name::postgres`.
macro_rules! on_both_databases {
    ($($(#[$doc:meta])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($database: Database) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                body(Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                body(Database::postgres().await).await;
            }
        }
    )+};
}

pub(crate) use on_both_databases;
