//! Which users have to elevate, and because of which factor.
//!
//! An attacker with a stolen plain access token must not gain an elevated one (privilege
//! escalation). So a user who has to elevate adds no factor (TOTP, security key, linked identity,
//! another address or number) without an elevated token; and changes that were requested before a
//! user had to elevate are withdrawn when they become obliged to.

use super::{CodeChannel, DelicateAction, ElevationMethod};
use crate::{
    DateTime, Utc,
    error::StoreError,
    policy::{ElevationPolicy, ElevationRule},
    ports::{UnitOfWork, UserLookup},
    services::dependencies::Dependencies,
    session::AccessIdentity,
    user::{MfaMethod, User, UserId},
};

impl Dependencies {
    /// Whether an action is allowed with this token, or needs an elevated one. The user must be
    /// locked: no factor can then be added between this check and the change that it allows.
    pub(in crate::services) async fn may(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        action: DelicateAction,
    ) -> Result<bool, StoreError> {
        if let Some(decided) = self.decided_without_the_user(caller, action) {
            return Ok(decided);
        }
        let has_key = work.security_keys().has_any(caller.user_id).await?;
        let user = work.users().find(UserLookup::Id(caller.user_id)).await?;
        Ok(!user.is_some_and(|user| self.is_obliged(&user, has_key)))
    }

    /// The decision where it does not depend on the user; `None` where it does.
    pub(super) fn decided_without_the_user(
        &self,
        caller: AccessIdentity,
        action: DelicateAction,
    ) -> Option<bool> {
        match self.policy.elevation.rule {
            _ if caller.is_elevated => Some(true),
            ElevationRule::Disabled => Some(true),
            ElevationRule::Required if action == DelicateAction::Any => Some(false),
            ElevationRule::Required | ElevationRule::Recommended => None,
        }
    }

    /// Whether the factors of a user oblige them to elevate.
    ///
    /// Clients of Hasura Auth 0.42 can elevate with security keys only, so a mailbox or a phone
    /// obliges no user there: they could never add a key. Under [`ElevationRule::Required`] an
    /// authenticator app does, because a user who has set one up can elevate with it.
    pub(super) fn is_obliged(&self, user: &User, has_key: bool) -> bool {
        let ElevationPolicy {
            rule,
            every_method_obliges,
        } = self.policy.elevation;
        if every_method_obliges {
            return !self.elevation_methods(user, has_key).is_empty();
        }
        has_key || (rule == ElevationRule::Required && self.can_prove_totp(user))
    }

    /// The ways in which a user can elevate their token.
    pub(super) fn elevation_methods(&self, user: &User, has_key: bool) -> Vec<ElevationMethod> {
        let has_mailbox = self.policy.accounts.email_code_enabled && user.email_verified;
        let has_phone = self.sms.is_some() && user.has_proven_phone();
        let has_key = self.web_authn.is_some() && has_key;
        let methods = [
            (self.can_prove_totp(user), ElevationMethod::Totp),
            (has_mailbox, ElevationMethod::Code(CodeChannel::Mail)),
            (has_phone, ElevationMethod::Code(CodeChannel::Text)),
            (has_key, ElevationMethod::SecurityKey),
        ];
        let open = methods.into_iter().filter(|(is_open, _)| *is_open);
        open.map(|(_, method)| method).collect()
    }

    fn can_prove_totp(&self, user: &User) -> bool {
        self.authenticator_apps().is_some() && user.active_mfa == Some(MfaMethod::Totp)
    }

    /// Withdraws the changes of address and number that were requested before a user had to
    /// elevate: an attacker may have requested them, and would elevate with codes sent there.
    pub(in crate::services) async fn withdraw_changes(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if self.policy.elevation.rule == ElevationRule::Disabled {
            return Ok(());
        }
        work.tickets().forget_changes_of(user, now).await
    }
}
