//! Accounts, passwords and redirects, as the policies that the services obey.

use auth_domain::{
    policy::{AccountPolicy, PasswordPolicy},
    redirect::RedirectPolicy,
    user::{EmailAccessList, Gravatar, GravatarDefault, GravatarRating, Role},
};

use super::Languages;
use crate::config::{
    settings::Settings,
    table::{accounts, email, legacy, passwords, redirects},
};

/// Who may have an account, and how it starts.
pub(crate) fn accounts(settings: &Settings, languages: Languages) -> Result<AccountPolicy, String> {
    let default_role = settings.parsed(&accounts::DEFAULT_ROLE, Role::parse)?;
    let allowed_roles = settings.parsed_list(&accounts::ALLOWED_ROLES, Role::parse)?;
    let mut policy = AccountPolicy::default();
    policy.sign_up_enabled = !settings.flag(&accounts::DISABLE_SIGN_UP);
    policy.new_users_disabled = settings.flag(&accounts::DISABLE_NEW_USERS);
    policy.email_verification_required = settings.flag(&accounts::EMAIL_VERIFICATION_REQUIRED);
    policy.anonymous_enabled = settings.flag(&accounts::ANONYMOUS);
    policy.email_link_enabled = settings.flag(&email::PASSWORDLESS);
    policy.email_code_enabled = settings.flag(&email::OTP);
    policy.auto_sign_up = !settings.flag(&accounts::DISABLE_AUTO_SIGN_UP);
    policy.email_access = EmailAccessList::new(
        settings.list(&accounts::BLOCKED_EMAILS),
        settings.list(&accounts::ALLOWED_EMAILS),
        settings.list(&accounts::BLOCKED_EMAIL_DOMAINS),
        settings.list(&accounts::ALLOWED_EMAIL_DOMAINS),
    );
    policy.allowed_roles = including(allowed_roles, &default_role);
    policy.default_role = default_role;
    policy.username_enabled = settings.flag(&legacy::USERNAME_ENABLED);
    policy.username_roles = settings.parsed_list(&legacy::USERNAME_DEFAULT_ROLES, Role::parse)?;
    policy.allowed_locales = including(languages.allowed, &languages.default);
    policy.default_locale = languages.default;
    policy.gravatar = gravatar(settings)?;
    Ok(policy)
}

/// What a password has to be.
pub(crate) fn passwords(settings: &Settings) -> PasswordPolicy {
    let mut policy = PasswordPolicy::default();
    policy.min_bytes = settings.number(&passwords::MIN_LENGTH);
    policy.legacy_min_chars = settings.number(&legacy::PASSWORD_MIN_LENGTH);
    policy
}

/// Where links and sign-ins may lead. Patterns that match nothing are left out with a warning each,
/// as Hasura Auth starts with them.
///
/// # Errors
///
/// A line about each pattern that would allow more than it looks like.
pub(crate) fn redirects(
    settings: &Settings,
    warnings: &mut Vec<String>,
) -> Result<RedirectPolicy, String> {
    let name = settings.name(&redirects::ALLOWED_URLS);
    let mut usable = Vec::new();
    let mut problems = Vec::new();
    for item in settings.list(&redirects::ALLOWED_URLS) {
        match RedirectPolicy::new("", std::slice::from_ref(item)) {
            Ok(_) => usable.push(item.clone()),
            Err(error) if error.matches_nothing => {
                warnings.push(format!("{name}: {error}; it allows nothing"));
            }
            Err(error) => problems.push(format!(
                "{name}: {error}; write it such as https://*.example.com/app/**"
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    let client_url = settings.text(&redirects::CLIENT_URL).unwrap_or_default();
    RedirectPolicy::new(client_url, &usable)
        .map_err(|error| format!("{}: {error}", settings.name(&redirects::CLIENT_URL)))
}

fn gravatar(settings: &Settings) -> Result<Option<Gravatar>, String> {
    if !settings.flag(&accounts::GRAVATAR_ENABLED) {
        return Ok(None);
    }
    Ok(Some(Gravatar {
        default: settings.choice(&accounts::GRAVATAR_DEFAULT, &GravatarDefault::ALL)?,
        rating: settings.choice(&accounts::GRAVATAR_RATING, &GravatarRating::ALL)?,
    }))
}

/// The list, with `item` at its end unless it is in it.
fn including<T: PartialEq + Clone>(mut list: Vec<T>, item: &T) -> Vec<T> {
    if !list.contains(item) {
        list.push(item.clone());
    }
    list
}
