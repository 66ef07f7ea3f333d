//! Sending text messages.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    error::Cause,
    one_time_code::OneTimeCode,
    secret::Secret,
    user::{Locale, PhoneNumber},
};

/// A text message with a code. Rendering and language fallback belong to the sender.
#[derive(Debug, Clone, PartialEq)]
pub struct TextMessage {
    /// The recipient.
    pub to: PhoneNumber,
    /// Its language.
    pub locale: Locale,
    /// The code to type.
    pub code: Secret,
}

/// Sends text messages.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends `message`. Success means accepted for delivery, not delivered.
    ///
    /// Must end by itself: a request waits for it.
    async fn send(&self, message: TextMessage) -> Result<(), SmsError>;
}

/// A service that makes, sends and checks codes: this server never knows them. The number of
/// guesses is still limited by this server.
#[async_trait]
pub trait PhoneVerifier: Send + Sync {
    /// Sends a code to a number, in a language if the service has it. An earlier code may stay
    /// good.
    ///
    /// Must end by itself: a request waits for it.
    async fn start(&self, to: &PhoneNumber, locale: &Locale) -> Result<(), SmsError>;

    /// Whether `code` is the one that was sent to the number last, and has not been used. Of two
    /// concurrent calls both may get `true`.
    ///
    /// Must end by itself: a request waits for it.
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

/// The service for text messages failed. The error holds nothing of the message.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// No message was accepted; a retry may succeed.
    #[error("the text message could not be sent for now")]
    NotSent(#[source] Cause),
    /// The message was refused; a retry would be refused as well.
    #[error("the text message could not be sent")]
    Refused(#[source] Cause),
    /// The code could not be checked.
    #[error("the code could not be checked")]
    NotChecked(#[source] Cause),
}
