//! Looks at the key of access tokens before anything is started with it.

use auth_crypto::JwtSecret;

use super::{settings::Settings, table::jwt};

/// Whether a configured key can be used. A weak one is added to `warnings`.
///
/// # Errors
///
/// A line about a key that cannot.
pub(super) fn check(settings: &Settings, warnings: &mut Vec<String>) -> Result<(), String> {
    if settings.text(&jwt::SECRET).is_none() {
        return Ok(());
    }
    let secret = settings.parsed(&jwt::SECRET, JwtSecret::parse)?;
    if secret.is_weak() {
        warnings.push(format!(
            "{}: the key has fewer than 32 bytes, so it can be guessed from a token; \
             use a longer one here and in Hasura",
            settings.name(&jwt::SECRET)
        ));
    }
    Ok(())
}
