//! Rate limits per account, per mailbox and per phone.

use crate::{
    limits::{AccountName, ClientNetwork, MailRequest, TextRequest, TooMany},
    services::{
        dependencies::Dependencies,
        error::{Error, Failure, Refusal},
    },
    user::{EmailAddress, PhoneNumber},
};

impl Dependencies {
    /// Runs an attempt at an account, unless too many were wrong lately. Every error that is not a
    /// failure counts as a wrong attempt.
    pub(in crate::services) async fn limit_attempts<T, R>(
        &self,
        account: AccountName<'_>,
        client: Option<ClientNetwork>,
        work: impl Future<Output = Result<T, Error<R>>> + Send,
    ) -> Result<T, Error<R>>
    where
        T: Send,
        R: Refusal + Send,
    {
        let Some(limits) = &self.limits else {
            return work.await;
        };
        let attempt = limits
            .attempt(account, client)
            .await
            .map_err(Failure::from)?;
        let outcome = work.await;
        match outcome.as_ref().map_err(Error::failure) {
            Ok(_) => attempt.was_right().await,
            Err(Some(_)) => attempt.was_not_judged().await,
            Err(None) => {}
        }
        outcome
    }

    /// Counts a mail that is asked for. Call it before anything is looked up, so that the answer is
    /// the same whether or not there is an account (user enumeration).
    pub(in crate::services) async fn count_mail(
        &self,
        request: MailRequest,
        to: &EmailAddress,
    ) -> Result<(), TooMany> {
        match &self.limits {
            Some(limits) => limits.mail(request, to).await,
            None => Ok(()),
        }
    }

    /// Counts a text message that is asked for, as [`count_mail`](Self::count_mail) does.
    pub(in crate::services) async fn count_text(
        &self,
        request: TextRequest,
        to: &PhoneNumber,
    ) -> Result<(), TooMany> {
        match &self.limits {
            Some(limits) => limits.text(request, to).await,
            None => Ok(()),
        }
    }
}
