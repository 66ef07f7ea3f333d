//! The content of mails and text messages, for every transport.
//!
//! A transport asks a [`MessageRenderer`] to render a mail. [`Templates`] renders the templates in
//! the binary (`templates/` of this crate) and those of the operator's folder; [`RemoteTemplates`]
//! looks for them on a web server first.
//!
//! Text of users is never trusted (cross-site scripting, header injection, path traversal): it is
//! filled in as text, so nothing of it becomes markup, another line or a template, and no locale
//! becomes part of a path.
//!
//! ```
//! # use auth_domain::user::Locale;
//! use mail_templates::{Site, TemplateSettings, Templates};
//!
//! let templates = Templates::load(TemplateSettings {
//!     folder: None,
//!     default_locale: Locale::english(),
//!     site: Site {
//!         server_url: "https://auth.example.com".to_owned(),
//!         client_url: "https://example.com".to_owned(),
//!     },
//! })?;
//! # Ok::<(), mail_templates::InvalidTemplates>(())
//! ```

mod built_in;
mod clean;
mod code_notice;
mod collection;
mod folder;
mod mail_template;
mod problem;
mod remote;
mod renderer;
mod site;
mod surroundings;
mod tags;
mod template;
mod templates;
mod variables;

pub use self::{
    clean::without_controls,
    collection::SMS as SMS_TEMPLATE,
    mail_template::{MailSources, MailTemplate, Rendered},
    problem::{Flaw, InvalidTemplates, TemplateProblem},
    remote::{RemoteSettings, RemoteTemplates},
    renderer::MessageRenderer,
    site::Site,
    templates::{MissingTemplate, TemplateSettings, Templates},
    variables::variables,
};
