//! Linking an account with an identity.

use super::{ProviderSignInError, ProviderSignInService};
use crate::{
    error::{StoreError, UniqueField},
    identity::{IdentityKey, NewLinkedIdentity},
    ports::{UnitOfWork, UserLookup},
    services::{
        account::current_user::CurrentUserRefusal,
        elevation::{DelicateAction, ElevationRefusal},
        sign_in::provider::ProviderSignInRefusal,
        steps::{
            retry::retry,
            session_opening::{AccountRefusal, EmailNeed, is_still_signed_in},
        },
    },
    session::AccessIdentity,
    user::UserId,
};

/// The outcome of linking.
enum Linked {
    Done,
    NotSignedIn,
    UnknownUser,
    Account(AccountRefusal),
    NotElevated,
}

impl ProviderSignInService {
    /// Links the account of the signed-in user. Its address need not be that of the identity.
    pub(super) async fn link(
        &self,
        caller: AccessIdentity,
        key: IdentityKey,
    ) -> Result<(), ProviderSignInError> {
        let row = self.link_row(caller.user_id, key);
        match retry(|| self.try_to_link(caller, &row)).await {
            Ok(Linked::Done) => Ok(()),
            Ok(Linked::NotSignedIn) => Err(CurrentUserRefusal::InvalidToken.into()),
            Ok(Linked::UnknownUser) => Err(CurrentUserRefusal::UnknownUser.into()),
            Ok(Linked::Account(refusal)) => Err(refusal.into()),
            Ok(Linked::NotElevated) => Err(ElevationRefusal::Needed.into()),
            Err(StoreError::Duplicate {
                field: UniqueField::Identity,
            }) => Err(ProviderSignInRefusal::AlreadyLinked.into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn try_to_link(
        &self,
        caller: AccessIdentity,
        row: &NewLinkedIdentity,
    ) -> Result<Linked, StoreError> {
        let ctx = &self.ctx;
        let mut work = ctx.store.begin().await?;
        let linked = self.link_if_allowed(work.as_mut(), caller, row).await?;
        match &linked {
            Linked::Done => work.commit().await?,
            _ => work.rollback().await?,
        }
        Ok(linked)
    }

    async fn link_if_allowed(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        row: &NewLinkedIdentity,
    ) -> Result<Linked, StoreError> {
        if !is_still_signed_in(work, caller, row.created_at).await? {
            return Ok(Linked::NotSignedIn);
        }
        let lookup = UserLookup::Id(caller.user_id);
        let Some(user) = work.users().find(lookup).await? else {
            return Ok(Linked::UnknownUser);
        };
        let need = EmailNeed::Required;
        if let Err(refusal) = self.ctx.policy.check_account(&user, need) {
            return Ok(Linked::Account(refusal));
        }
        let action = DelicateAction::Any;
        if !self.ctx.may(work, caller, action).await? {
            return Ok(Linked::NotElevated);
        }
        work.identities().link(row).await?;
        Ok(Linked::Done)
    }

    pub(super) fn link_row(&self, user_id: UserId, key: IdentityKey) -> NewLinkedIdentity {
        NewLinkedIdentity {
            id: self.ctx.ids.uuid(),
            user_id,
            key,
            created_at: self.ctx.clock.now(),
        }
    }
}
