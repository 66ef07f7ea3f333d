//! `hasura-auth config check --online`: whether the services answer that a server would use.
//!
//! Nothing is written there, and no mail is sent.

use auth_domain::error::{Cause, chain};
use tokio::runtime::Handle;

use super::migrate;
use crate::{
    config::{Config, Transport},
    start_error::StartError,
    wire::{self, messaging},
};

/// The result of checking one service.
pub(super) struct Finding {
    service: &'static str,
    /// What it answered, or what is wrong.
    outcome: Result<String, String>,
}

impl Finding {
    fn of(service: &'static str, outcome: Result<(), Cause>) -> Self {
        let outcome = outcome.map(|()| "answers".to_owned());
        Self {
            service,
            outcome: outcome.map_err(|cause| chain(&*cause)),
        }
    }

    /// Whether it can be used.
    pub(super) fn is_good(&self) -> bool {
        self.outcome.is_ok()
    }

    /// The line to print.
    pub(super) fn line(&self) -> String {
        let (Ok(text) | Err(text)) = &self.outcome;
        format!("{}: {text}", self.service)
    }
}

/// Checks every service that this configuration names.
///
/// # Errors
///
/// What keeps a server from starting without asking any of them.
pub(super) async fn ask_all(config: &Config) -> Result<Vec<Finding>, StartError> {
    let mut findings = vec![database(config).await];
    findings.extend(smtp(config).await?);
    if let Some(source) = wire::claim_source(config)? {
        findings.push(Finding::of("Hasura", source.try_to_ask().await));
    }
    if let Some(counter) = wire::redis(config, &Handle::current())? {
        let outcome = counter.try_to_connect().await;
        findings.push(Finding::of("Redis", outcome.map_err(Into::into)));
    }
    Ok(findings)
}

async fn database(config: &Config) -> Finding {
    let outcome = migrate::outlook(&config.database).await;
    Finding {
        service: "database",
        outcome: outcome
            .map(|lines| format!("answers; {}", lines.join("; ")))
            .map_err(|error| error.report()),
    }
}

async fn smtp(config: &Config) -> Result<Option<Finding>, StartError> {
    let Some(Transport::Smtp(smtp)) = &config.transport else {
        return Ok(None);
    };
    let renderer = messaging::renderer(config, &wire::egress(config)?)?;
    let mailer = messaging::smtp_mailer(smtp, renderer, &Handle::current())?;
    let outcome = mailer.try_to_connect().await;
    Ok(Some(Finding::of("SMTP", outcome.map_err(Into::into))))
}
