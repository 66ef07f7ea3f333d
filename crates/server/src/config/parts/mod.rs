//! The typed halves of the settings, one file per part of the server.

mod accounts;
mod api;
mod clean_up;
mod custom_claims;
mod database;
mod languages;
mod limits;
mod log;
mod outgoing;
mod policy;
mod providers;
mod server;
mod sms;
mod smtp;
mod templates;
mod transport;
mod turnstile;
mod webauthn;

pub(super) use accounts::{accounts, passwords, redirects};
pub(super) use api::api;
pub(crate) use clean_up::CleanUpSettings;
pub(crate) use custom_claims::CustomClaimSettings;
pub(crate) use database::{Database, PostgresDatabase};
pub(super) use languages::Languages;
pub(crate) use limits::Limits;
pub(crate) use log::LogSettings;
pub(super) use outgoing::{egress_rules, hibp_url};
pub(super) use policy::apply as apply_to_policy;
pub(crate) use providers::{IdTokenSettings, ProviderSettings};
pub(crate) use server::{ServerSettings, is_loopback};
pub(crate) use sms::{Sms, SmsProvider};
pub(super) use templates::{templates, templates_url};
pub(crate) use transport::Transport;
pub(crate) use turnstile::BotCheckService;
pub(super) use webauthn::relying_party;
