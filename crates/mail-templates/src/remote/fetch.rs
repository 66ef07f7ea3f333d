//! Fetching one template.

use auth_domain::{error::chain, ports::MailKind, user::Locale};
use egress::{Egress, EgressError, Request, Url};
use tokio::time::Instant;

use crate::{
    InvalidTemplates, MailSources, MailTemplate,
    mail_template::{HTML, SUBJECT, TEXT},
};

/// The largest file of a template.
const LARGEST: usize = 256 * 1024;

/// How much of a failure is logged: a file may have anything in the place of a variable.
const MOST_CHARS: usize = 500;

/// The web server with the templates.
pub(super) struct Source {
    base: Url,
    egress: Egress,
}

/// Why there is no template.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{file}: the server answered with status {status}")]
    Status { file: &'static str, status: u16 },
    #[error("{file} is not UTF-8")]
    NotText { file: &'static str },
    #[error("{file}")]
    NoReply {
        file: &'static str,
        source: EgressError,
    },
    #[error(transparent)]
    Invalid(#[from] InvalidTemplates),
}

impl Failure {
    /// Whether the server says that there is no such file.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// The failure and its causes on one line, for the log.
    pub(super) fn story(&self) -> String {
        let story = chain(self);
        let words: Vec<_> = story.split_whitespace().collect();
        words.join(" ").chars().take(MOST_CHARS).collect()
    }
}

impl Source {
    pub(super) fn new(base: Url, egress: Egress) -> Self {
        Self { base, egress }
    }

    /// The path of the template's folder. Both parts come from short lists of harmless names.
    pub(super) fn path(&self, locale: &Locale, kind: MailKind) -> String {
        let base = self.base.path().trim_end_matches('/');
        format!("{base}/{locale}/{}", kind.template())
    }

    /// Fetches the files of a template concurrently.
    pub(super) async fn fetch(
        &self,
        locale: &Locale,
        kind: MailKind,
        deadline: Instant,
    ) -> Result<MailTemplate, Failure> {
        let folder = self.path(locale, kind);
        let file = |name| self.file(&folder, name, deadline);
        let (subject, html, text) = tokio::join!(file(SUBJECT), file(HTML), file(TEXT));
        let (subject, html) = (subject?, html?);
        // As in a folder, the plain text may be missing; any other failure is a mistake.
        let text = match text {
            Err(failure) if failure.is_absence() => None,
            text => Some(text?),
        };
        Ok(MailTemplate::parse(MailSources {
            subject: &subject,
            html: &html,
            text: text.as_deref(),
        })?)
    }

    async fn file(
        &self,
        folder: &str,
        file: &'static str,
        deadline: Instant,
    ) -> Result<String, Failure> {
        let mut url = self.base.clone();
        url.set_path(&format!("{folder}/{file}"));
        let request = Request::get(url)
            .timeout(deadline.saturating_duration_since(Instant::now()))
            .largest_reply(LARGEST);
        let sent = self.egress.send(request).await;
        let reply = sent.map_err(|source| Failure::NoReply { file, source })?;
        if reply.status != 200 {
            let status = reply.status;
            return Err(Failure::Status { file, status });
        }
        match String::from_utf8(reply.body) {
            Ok(text) => Ok(text),
            Err(_) => Err(Failure::NotText { file }),
        }
    }
}
