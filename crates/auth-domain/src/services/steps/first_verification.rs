//! The first verification of an address or a number: the defence against account pre-hijacking
//! (Sudhodanan & Paverd 2022).
//!
//! An attacker may have signed up with the address or number of a victim, waiting for the victim to
//! use the account. So the first proof revokes all that the account had before: password, second
//! factor, security keys, linked identities, sessions, personal access tokens, pending tickets and
//! codes.

use crate::{
    error::StoreError,
    ports::{EndedSessions, UnitOfWork},
    user::{PhoneNumber, UserId},
};

/// Notes that the caller reads the mail of `user`. On the first verification a phone number goes,
/// too: an attacker may have verified one of their own.
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

/// Notes that the caller reads the messages to `number`, the phone of `user`. An address stays: it
/// cannot be verified before the phone is. `false`: it is not their number, or not any more.
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
    // A pending change of address or number would give the account back to the attacker.
    work.tickets().forget_all_of(user).await?;
    work.second_factors().forget_all_of(user).await
}
