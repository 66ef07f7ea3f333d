//! Proving for the first time to be behind an address or a number.
//!
//! When that is proven, nothing that was there before is theirs: somebody else may have taken the
//! address or the number, and waits for its owner to move in. Password, second factor, security
//! keys, linked identities, sessions, personal access tokens and whatever is on its way go.

use crate::{
    error::StoreError,
    ports::{EndedSessions, UnitOfWork},
    user::{PhoneNumber, UserId},
};

/// Notes that whoever acts now reads the mail of `user`. A phone number goes too: whoever came first
/// may have proven one of their own.
pub(in crate::services) async fn prove_mailbox(
    work: &mut dyn UnitOfWork,
    user: UserId,
) -> Result<(), StoreError> {
    let found = work.users().lock(user).await?;
    if found.is_none_or(|it| it.email_verified) {
        return Ok(());
    }
    work.users().set_email_verified(user).await?;
    work.users().clear_phone_number(user).await?;
    revoke_unverified_credentials(work, user).await
}

/// Notes that whoever acts now reads the messages to `number`, the phone of `user`. An address
/// stays: nobody can have one verified without having proven the phone before. `false`: it is not
/// their number, or not any more.
pub(in crate::services) async fn prove_phone(
    work: &mut dyn UnitOfWork,
    user: UserId,
    number: &PhoneNumber,
) -> Result<bool, StoreError> {
    let found = work.users().lock(user).await?;
    let Some(user) = found.filter(|it| it.phone_number.as_ref() == Some(number)) else {
        return Ok(false);
    };
    if !user.phone_number_verified {
        work.users().set_phone_number_verified(user.id).await?;
        revoke_unverified_credentials(work, user.id).await?;
    }
    Ok(true)
}

async fn revoke_unverified_credentials(
    work: &mut dyn UnitOfWork,
    user: UserId,
) -> Result<(), StoreError> {
    work.users().clear_password(user).await?;
    work.sessions().forget_places_of(user).await?;
    work.sessions().end_all_of(user, EndedSessions::All).await?;
    work.security_keys().forget_all_of(user).await?;
    work.identities().forget_all_of(user).await?;
    // A change of address or number that was asked for would take the account away again.
    work.tickets().forget_all_of(user).await?;
    work.second_factors().forget_all_of(user).await
}
