//! Accounts, passwords and redirects, as policies of the use cases.

use auth_domain::{
    policy::{AccountPolicy, PasswordPolicy},
    redirect::RedirectPolicy,
    user::{EmailAccessList, Gravatar},
};

use settings::Settings;

use super::Languages;
use crate::config::table::{accounts, email, legacy, passwords, redirects};

/// Who may have an account, and how it starts.
pub(crate) fn accounts(settings: &Settings, languages: Languages) -> AccountPolicy {
    let default_role = settings.get(&accounts::DEFAULT_ROLE);
    let allowed_roles = settings.get(&accounts::ALLOWED_ROLES);
    let mut policy = AccountPolicy::default();
    policy.sign_up_enabled = !settings.get(&accounts::DISABLE_SIGN_UP);
    policy.new_users_disabled = settings.get(&accounts::DISABLE_NEW_USERS);
    policy.email_verification_required = settings.get(&accounts::EMAIL_VERIFICATION_REQUIRED);
    policy.anonymous_enabled = settings.get(&accounts::ANONYMOUS);
    policy.email_link_enabled = settings.get(&email::PASSWORDLESS);
    policy.email_code_enabled = settings.get(&email::OTP);
    policy.auto_sign_up = !settings.get(&accounts::DISABLE_AUTO_SIGN_UP);
    policy.email_access = EmailAccessList::new(
        &settings.list(&accounts::BLOCKED_EMAILS),
        &settings.list(&accounts::ALLOWED_EMAILS),
        &settings.list(&accounts::BLOCKED_EMAIL_DOMAINS),
        &settings.list(&accounts::ALLOWED_EMAIL_DOMAINS),
    );
    policy.allowed_roles = including(allowed_roles, &default_role);
    policy.default_role = default_role;
    policy.username_enabled = settings.get(&legacy::USERNAME_ENABLED);
    policy.username_roles = settings.list(&legacy::USERNAME_DEFAULT_ROLES);
    policy.allowed_locales = including(languages.allowed, &languages.default);
    policy.default_locale = languages.default;
    policy.gravatar = gravatar(settings);
    policy
}

/// The rules for passwords.
pub(crate) fn passwords(settings: &Settings) -> PasswordPolicy {
    let mut policy = PasswordPolicy::default();
    policy.min_bytes = settings.get(&passwords::MIN_LENGTH);
    policy.legacy_min_chars = settings.get(&legacy::PASSWORD_MIN_LENGTH);
    policy
}

/// Redirects that are allowed (open redirect). Patterns that match nothing are left out with a warning
/// each, as Hasura Auth starts with them.
///
/// # Errors
///
/// A line about each pattern that would allow more than it seems to.
pub(crate) fn redirects(
    settings: &Settings,
    warnings: &mut Vec<String>,
) -> Result<RedirectPolicy, String> {
    let name = settings.name(&redirects::ALLOWED_URLS);
    let mut usable = Vec::new();
    let mut problems = Vec::new();
    for item in settings.list(&redirects::ALLOWED_URLS) {
        match RedirectPolicy::new("", std::slice::from_ref(&item)) {
            Ok(_) => usable.push(item),
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
    let client_url = settings.get(&redirects::CLIENT_URL).unwrap_or_default();
    let policy = RedirectPolicy::new(&client_url, &usable);
    settings.named(&redirects::CLIENT_URL, policy)
}

fn gravatar(settings: &Settings) -> Option<Gravatar> {
    let is_on = settings.get(&accounts::GRAVATAR_ENABLED);
    is_on.then(|| Gravatar {
        default: settings.get(&accounts::GRAVATAR_DEFAULT),
        rating: settings.get(&accounts::GRAVATAR_RATING),
    })
}

/// The list, with `item` at its end unless it is in it.
fn including<T: PartialEq + Clone>(mut list: Vec<T>, item: &T) -> Vec<T> {
    if !list.contains(item) {
        list.push(item.clone());
    }
    list
}
