//! Checks the key of access tokens before anything is started with it.

use auth_crypto::JwtSecret;
use settings::Settings;

use super::{
    parts::is_loopback,
    table::{jwt, server},
};

/// Whether a configured key can be used. A weak one is added to `warnings`, and refused where the
/// network reaches the server: an attacker who has one token can brute-force the key offline, and then
/// sign tokens for any user.
///
/// # Errors
///
/// A line about a key that cannot be used.
pub(super) fn check(settings: &Settings, warnings: &mut Vec<String>) -> Result<(), String> {
    let Some(json) = settings.get(&jwt::SECRET) else {
        return Ok(());
    };
    let secret = settings.named(&jwt::SECRET, JwtSecret::parse(json.expose()))?;
    let name = settings.name(&jwt::SECRET);
    let advice = secret.warnings().iter();
    warnings.extend(advice.map(|it| format!("{name}: {it}")));
    if !secret.is_weak() {
        return Ok(());
    }
    let weak = "the key has fewer than 32 bytes, so it can be guessed from a token";
    let host = settings.get(&server::HOST);
    if !is_loopback(&host) {
        return Err(format!(
            "{name}: {weak}, and the network reaches this server on {host}; use a longer one here \
             and in Hasura, such as the output of `openssl rand -hex 32`"
        ));
    }
    warnings.push(format!(
        "{name}: {weak}; use a longer one here and in Hasura"
    ));
    Ok(())
}
