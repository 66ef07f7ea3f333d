//! Templates that are fetched from a web server of the operator, mail by mail.
//!
//! Hasura Auth for Node.js had this (`AUTH_EMAIL_TEMPLATE_FETCH_URL`). A request waits for the
//! mail, so fetching has a deadline of three seconds, and results are cached, also negative ones.
//! On any failure the local templates are used.

mod cache;
mod fetch;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_domain::{
    ports::{Mail, MailKind},
    secret::Secret,
    user::{LanguageTag, Locale},
};
use egress::{Egress, Url};
use tokio::time::Instant;

use self::{
    cache::{Cache, Found},
    fetch::{Failure, Source},
};
use crate::{MessageRenderer, MissingTemplate, Rendered, Site, tags::Tags};

/// How long fetching may take for one mail, in all languages together.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where templates are fetched from, and what replaces missing ones.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// The base URL of `<locale>/<name>/subject.txt`, `body.html` and perhaps `body.txt`.
    pub url: Url,
    /// The language for locales without a template.
    pub default_locale: Locale,
    /// The URLs in templates.
    pub site: Site,
    /// Renders mails without a template at `url`, or without one in time.
    pub local: Arc<dyn MessageRenderer>,
}

/// Renders remote templates before local ones.
///
/// A template is looked for in this order: at the URL in the language that was asked for, there in
/// the default one, and then by [`RemoteSettings::local`].
pub struct RemoteTemplates {
    settings: RemoteSettings,
    tags: Tags,
    source: Source,
    cache: Cache,
}

impl RemoteTemplates {
    /// An empty cache. All requests go through `egress`.
    #[must_use]
    pub fn new(settings: RemoteSettings, egress: Egress) -> Self {
        Self {
            source: Source::new(settings.url.clone(), egress),
            settings,
            tags: Tags::default(),
            cache: Cache::default(),
        }
    }

    /// The same with languages that have tags (`pt-BR`), which are looked for first.
    #[must_use]
    pub fn tagged(mut self, tags: &[LanguageTag]) -> Self {
        self.tags = Tags::new(tags);
        self
    }

    async fn render_remote(&self, mail: &Mail) -> Option<Rendered> {
        let deadline = Instant::now() + PATIENCE;
        for locale in self.languages(mail) {
            if let Some(template) = self.template(&locale, mail.kind, deadline).await {
                return Some(template.render(mail, locale.as_str(), &self.settings.site));
            }
        }
        None
    }

    /// A stored locale is checked once more: it becomes part of a path (path traversal).
    fn languages(&self, mail: &Mail) -> impl Iterator<Item = Locale> {
        let default = &self.settings.default_locale;
        let asked = Locale::parse(mail.locale.as_str()).ok();
        let asked = asked.filter(|locale| locale != default);
        let languages = asked.into_iter().chain([default.clone()]);
        languages.flat_map(|locale| {
            let tags = self.tags.of(&locale).map(str::to_owned);
            let tags: Vec<_> = tags.map(Locale::from_stored).collect();
            tags.into_iter().chain([locale])
        })
    }

    async fn template(&self, locale: &Locale, kind: MailKind, deadline: Instant) -> Found {
        let slot = self.cache.slot(locale, kind);
        // Without any time left, the result would say nothing about the server.
        if Instant::now() >= deadline {
            return slot.known().flatten();
        }
        slot.get_or_fetch(async {
            // Boxed, because three concurrent requests are a large future, and mostly not made.
            let fetched = Box::pin(self.source.fetch(locale, kind, deadline)).await;
            let reported = fetched.inspect_err(|failure| self.report(locale, kind, failure));
            reported.ok()
        })
        .await
    }

    fn report(&self, locale: &Locale, kind: MailKind, failure: &Failure) {
        let path = self.source.path(locale, kind);
        let is_default = *locale == self.settings.default_locale;
        if failure.is_absence() && !is_default {
            tracing::debug!(path, "there is no mail template in this language");
        } else {
            let error = failure.story();
            tracing::warn!(
                path,
                error,
                "a mail template cannot be used; another is taken"
            );
        }
    }
}

#[async_trait]
impl MessageRenderer for RemoteTemplates {
    async fn render(&self, mail: &Mail) -> Result<Rendered, MissingTemplate> {
        match self.render_remote(mail).await {
            Some(rendered) => Ok(rendered),
            None => self.settings.local.render(mail).await,
        }
    }

    /// Only templates of mails were ever fetched.
    async fn text_message(
        &self,
        locale: &Locale,
        code: &Secret,
    ) -> Result<String, MissingTemplate> {
        self.settings.local.text_message(locale, code).await
    }
}

impl fmt::Debug for RemoteTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTemplates")
            .field("host", &self.settings.url.host_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
