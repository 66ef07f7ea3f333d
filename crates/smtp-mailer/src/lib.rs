//! Mails over SMTP.
//!
//! [`SmtpMailer`] is the [`Mailer`](auth_domain::ports::Mailer) over an SMTP server. A
//! [`MessageRenderer`](mail_templates::MessageRenderer) renders a mail, which is written as MIME and
//! sent over a pooled connection.
//!
//! Three things are never trusted: the network (no password and no mail without TLS, except to this
//! machine), the server's speed (every step has a deadline), and text of users (header injection and
//! SMTP injection: nothing of it becomes a header or a command).
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use auth_domain::{secret::Secret, user::Locale};
//! use mail_templates::{Site, TemplateSettings, Templates};
//! use smtp_mailer::{AuthMethod, SmtpMailer, SmtpSettings, TlsMode};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let templates = Templates::load(TemplateSettings {
//!     folder: None,
//!     default_locale: Locale::english(),
//!     site: Site {
//!         server_url: "https://auth.example.com".to_owned(),
//!         client_url: "https://example.com".to_owned(),
//!     },
//! })?;
//! let settings = SmtpSettings {
//!     host: "smtp.example.com".to_owned(),
//!     port: 587,
//!     tls: TlsMode::StartTls,
//!     user: Some("mailer".to_owned()),
//!     password: Secret::new("secret"),
//!     auth: AuthMethod::Plain,
//!     client_name: "auth.example.com".to_owned(),
//!     sender: "Example <hello@example.com>".to_owned(),
//!     x_smtpapi: None,
//!     ca_file: None,
//!     timeout: Duration::from_secs(10),
//!     pool_size: 4,
//! };
//! let mailer = SmtpMailer::new(&settings, Arc::new(templates), &tokio::runtime::Handle::current())?;
//! # Ok(())
//! # }
//! ```

mod deadline;
mod error;
mod login;
mod mailer;
mod message;
mod pool;
mod sender;
mod server;
mod session;
mod settings;
mod tls;

pub use self::{
    error::SmtpError,
    mailer::SmtpMailer,
    server::is_client_name,
    settings::{AuthMethod, InvalidSmtpSettings, SmtpSettings, TlsMode},
};
