//! Text messages over HTTP.
//!
//! [`TwilioSender`], [`ModicaSender`] and [`WebhookSender`] are
//! [`SmsSender`](auth_domain::ports::SmsSender)s: they send a message with a code of this server.
//! [`TwilioVerify`] is a [`PhoneVerifier`](auth_domain::ports::PhoneVerifier): Twilio makes, sends
//! and checks the codes.
//!
//! All send one request, follow no redirect, and go through [`egress`], which decides where
//! requests may go. Of a service's response nothing but the status is kept: it may repeat the
//! message.

mod basic_auth;
mod error;
mod modica;
mod service;
mod twilio;
mod twilio_verify;
mod webhook;

pub use self::{
    error::SmsServiceError,
    modica::{ModicaSender, ModicaSettings},
    twilio::{TwilioSender, TwilioSettings},
    twilio_verify::{TwilioVerify, TwilioVerifySettings},
    webhook::{BodyTemplate, ContentType, InvalidTemplate, WebhookSender, WebhookSettings},
};
