//! Mails over HTTP.
//!
//! Two [`Mailer`](auth_domain::ports::Mailer)s for servers without SMTP: [`PostmarkMailer`] sends
//! the data of a mail to Postmark, which has the templates; [`WebhookMailer`] sends the data and
//! the rendered mail to a URL of the operator, signed, so that any service can be reached by a few
//! lines of the operator's own.
//!
//! Both send one request, follow no redirect and give up after ten seconds, because a request
//! waits. Both go through [`egress`], which decides where requests may go. Of a service's response
//! nothing but the status is kept: it may repeat the mail.

mod delivery;
mod error;
mod postmark;
mod signature;
mod webhook;

pub use self::{
    error::HttpMailError,
    postmark::{PostmarkMailer, PostmarkSettings},
    signature::{InvalidWebhookSecret, WebhookKey},
    webhook::{WebhookMailer, WebhookSettings},
};
