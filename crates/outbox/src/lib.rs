//! The development outbox: mails and text messages are kept for the developer to read instead of being
//! sent.
//!
//! [`OutboxMailer`] is the [`Mailer`](auth_domain::ports::Mailer) of a server without a mail server, and
//! [`DevSmsSender`] its [`SmsSender`](auth_domain::ports::SmsSender). The last messages are in memory, for
//! the page that shows them ([`http_api::Outbox`]); more of them are in a folder, a file each, which only
//! the server's own user can read. Both are bounded, because clients decide how many messages there are.

mod dev_sms;
mod folder;
mod kept;
mod mailer;
#[cfg(test)]
mod tests;

pub use self::{dev_sms::DevSmsSender, mailer::OutboxMailer};
