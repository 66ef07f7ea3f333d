//! The typed halves of the settings, one file per part of the server.

mod accounts;
mod clean_up;
mod custom_claims;
mod database;
mod limits;
mod log;
mod outgoing;
mod providers;
mod second_factors;
mod server;
mod session_cookie;
mod sessions;
mod sms;
pub(crate) mod smtp;
mod templates;
mod transport;
mod turnstile;
mod webauthn;

pub(super) use accounts::{accounts, passwords, redirects};
pub(crate) use clean_up::CleanUpSettings;
pub(crate) use custom_claims::CustomClaimSettings;
pub(crate) use database::{Database, PostgresDatabase};
pub(crate) use limits::Limits;
pub(crate) use log::LogSettings;
pub(super) use outgoing::{egress_rules, hibp_url};
pub(crate) use providers::{IdTokenSettings, ProviderSettings};
pub(crate) use second_factors::SecondFactorSettings;
pub(crate) use server::{ServerSettings, is_loopback};
pub(crate) use session_cookie::{SameSite, SessionCookie};
pub(crate) use sessions::SessionSettings;
pub(crate) use sms::{Sms, SmsProvider};
pub(crate) use smtp::Smtp;
pub(super) use templates::{templates_folder, templates_url};
pub(crate) use transport::{Postmark, Transport, Webhook};
pub(crate) use turnstile::PersonCheckService;
pub(super) use webauthn::relying_party;
