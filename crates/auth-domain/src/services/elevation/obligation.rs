//! Who is obliged to elevate, and by what.
//!
//! A thief who holds a plain access token must not get an elevated one out of it. So a factor is
//! never added (TOTP, security key, linked identity, another address or number) for somebody who
//! is obliged by what they have already, unless their token is elevated; and what was asked for
//! before somebody was obliged is withdrawn when they become so.

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
    /// Whether a token will do for an action, or has to be elevated. The user must be locked: what
    /// obliges them then cannot be added between this check and the change that it allows.
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

    /// What is to be answered whatever the user has; `None` where that matters.
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

    /// Whether what a user has obliges them to elevate.
    ///
    /// Clients of Hasura Auth 0.42 know security keys alone, so a mailbox or a phone obliges nobody
    /// there: they could never add a key. An authenticator app does where everybody has to elevate,
    /// because whoever set one up can elevate with it.
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

    /// Withdraws the changes of address and number that were asked for before a user became obliged
    /// to elevate: a thief may have asked, and would elevate with codes sent there.
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
