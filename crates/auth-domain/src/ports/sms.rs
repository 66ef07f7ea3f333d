//! Sending text messages.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    error::Cause,
    one_time_code::OneTimeCode,
    secret::Secret,
    user::{Locale, PhoneNumber},
};

/// A text message with a code. Wording and language fallback belong to the sender.
#[derive(Debug, Clone, PartialEq)]
pub struct TextMessage {
    /// Whom to write to.
    pub to: PhoneNumber,
    /// In which language.
    pub locale: Locale,
    /// The code to type.
    pub code: Secret,
}

/// Hands text messages to a service.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Hands `message` over. Success means accepted for delivery, not delivered.
    ///
    /// Must come to an end by itself: somebody waits for the answer.
    async fn send(&self, message: TextMessage) -> Result<(), SmsError>;
}

/// A service that makes codes, sends them, and judges what people type: this server never knows
/// them. How often somebody may guess is still for this server to say.
#[async_trait]
pub trait PhoneVerifier: Send + Sync {
    /// Sends a code to a number, in a language if the service has it. An earlier code may go on
    /// being good.
    ///
    /// Must come to an end by itself: somebody waits for the answer.
    async fn start(&self, to: &PhoneNumber, locale: &Locale) -> Result<(), SmsError>;

    /// Whether `code` is the one that was sent to the number last, and has not been used. Of two
    /// who ask, both may be told so.
    ///
    /// Must come to an end by itself: somebody waits for the answer.
    async fn check(&self, to: &PhoneNumber, code: &OneTimeCode) -> Result<bool, SmsError>;
}

/// How a code gets to a phone.
#[derive(Clone)]
pub enum CodeDelivery {
    /// In a message that carries a code of ours.
    Message(Arc<dyn SmsSender>),
    /// By a service with codes of its own.
    Verifier(Arc<dyn PhoneVerifier>),
}

/// The service for text messages did not do what it was asked for. Holds nothing of the message.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// No message was accepted; the same one may be accepted later.
    #[error("the text message could not be handed over for now")]
    NotSent(#[source] Cause),
    /// The message was refused, and would be refused again.
    #[error("the text message could not be handed over")]
    Refused(#[source] Cause),
    /// Nobody could tell whether a code is right.
    #[error("the code could not be checked")]
    NotChecked(#[source] Cause),
}
