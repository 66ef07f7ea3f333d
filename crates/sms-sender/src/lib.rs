//! Text messages over HTTP.
//!
//! [`TwilioSender`], [`ModicaSender`] and [`WebhookSender`] are
//! [`SmsSender`](auth_domain::ports::SmsSender)s: they hand over a message with a code of this
//! server. [`TwilioVerify`] is a [`PhoneVerifier`](auth_domain::ports::PhoneVerifier): Twilio makes
//! the codes, sends them and judges what people type.
//!
//! All ask once and follow no redirect, and go through [`egress`], which decides where requests may
//! go. What a service says is never kept but for its status: it may repeat the message.

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
