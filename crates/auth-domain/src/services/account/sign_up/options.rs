//! What a client may ask for at sign-up beside an identity.

use super::refusal::{SignUpError, SignUpRefusal};
use crate::{
    policy::{AccountPolicy, AuthPolicy},
    redirect::RedirectUrl,
    user::{DisplayName, EmailAddress, Locale, Metadata, Role},
};

/// Options of a new account; `None` asks for the server's default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignUpOptions {
    /// Where the link of the verification mail redirects to.
    pub redirect_to: Option<String>,
    /// The role of requests that name none.
    pub default_role: Option<Role>,
    /// The roles the user gets.
    pub allowed_roles: Option<Vec<Role>>,
    /// The name to show; by default the identity signed up with.
    pub display_name: Option<DisplayName>,
    /// The language; one that is not offered is replaced by the default.
    pub locale: Option<Locale>,
    /// What the client wants to remember about the user.
    pub metadata: Option<Metadata>,
}

/// Options with every default filled in.
#[derive(Debug, Clone)]
pub(in crate::services) struct ResolvedOptions {
    pub(in crate::services) redirect_to: RedirectUrl,
    pub(in crate::services) default_role: Role,
    pub(in crate::services) allowed_roles: Vec<Role>,
    pub(in crate::services) display_name: String,
    pub(in crate::services) locale: Locale,
    pub(in crate::services) metadata: Option<Metadata>,
}

impl SignUpOptions {
    /// Checks the options in the order of Hasura Auth and fills in the defaults.
    pub(in crate::services) fn resolve(
        self,
        policy: &AuthPolicy,
        identity: &str,
    ) -> Result<ResolvedOptions, SignUpError> {
        let redirect_to = policy
            .redirects
            .check(self.redirect_to.as_deref())
            .map_err(|_not_allowed| SignUpRefusal::RedirectNotAllowed)?;
        let accounts = &policy.accounts;
        let default_role = self
            .default_role
            .unwrap_or_else(|| accounts.default_role.clone());
        let allowed_roles = allowed_roles(self.allowed_roles, accounts)?;
        if !allowed_roles.contains(&default_role) {
            return Err(SignUpRefusal::DefaultRoleNotInAllowedRoles.into());
        }
        let display_name = self.display_name.map(DisplayName::into_string);
        Ok(ResolvedOptions {
            redirect_to,
            default_role,
            allowed_roles,
            display_name: display_name.unwrap_or_else(|| identity.to_owned()),
            locale: accounts.locale(self.locale),
            metadata: self.metadata,
        })
    }
}

fn allowed_roles(
    wanted: Option<Vec<Role>>,
    accounts: &AccountPolicy,
) -> Result<Vec<Role>, SignUpError> {
    let wanted = wanted.unwrap_or_else(|| accounts.allowed_roles.clone());
    let mut roles = Vec::with_capacity(wanted.len());
    for role in wanted {
        if !accounts.allowed_roles.contains(&role) {
            return Err(SignUpRefusal::RoleNotAllowed.into());
        }
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

impl AccountPolicy {
    /// The requested language, or the default where it is not offered.
    pub(in crate::services) fn locale(&self, wanted: Option<Locale>) -> Locale {
        wanted
            .filter(|it| self.allowed_locales.contains(it))
            .unwrap_or_else(|| self.default_locale.clone())
    }

    /// The picture of a new user; empty for none.
    pub(in crate::services) fn avatar_url(&self, email: &EmailAddress) -> String {
        self.gravatar.map(|it| it.url(email)).unwrap_or_default()
    }
}
