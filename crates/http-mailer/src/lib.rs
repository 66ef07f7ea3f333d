//! Mails over HTTP.
//!
//! Two [`Mailer`](auth_domain::ports::Mailer)s for installations without an SMTP server:
//! [`PostmarkMailer`] hands the data of a mail to Postmark, which has the templates;
//! [`WebhookMailer`] hands the data and the words to an address of the operator, signed, so that
//! any service can be reached by a few lines of the operator's own.
//!
//! Both ask once, follow no redirect and give up after ten seconds, because somebody waits. Both
//! go through [`egress`], which decides where requests may go. What a service says about a mail is
//! never kept but for its status: it may repeat the mail.

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
