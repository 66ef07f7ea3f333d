//! A headless browser, driven over its debugging protocol.

use std::{
    os::unix::fs::MetadataExt,
    sync::{Arc, Mutex, PoisonError},
};

use chromiumoxide::{
    BrowserConfig,
    cdp::{
        browser_protocol::{
            log::{EventEntryAdded, LogEntryLevel},
            network::{EnableParams, EventRequestWillBeSent},
            web_authn::{
                AddVirtualAuthenticatorParams, AuthenticatorProtocol, AuthenticatorTransport,
                EnableParams as EnableWebAuthn, VirtualAuthenticatorOptions,
            },
        },
        js_protocol::runtime::EventExceptionThrown,
    },
    page::Page as Tab,
};
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::{told, within};

/// Flags that keep a browser from requests to its vendor.
const QUIET: [&str; 6] = [
    "disable-background-networking",
    "disable-component-update",
    "disable-gpu",
    "disable-quic",
    "disable-sync",
    "no-first-run",
];

/// A running browser with an empty profile.
pub(super) struct Browser {
    inner: chromiumoxide::Browser,
    events: JoinHandle<()>,
    _profile: TempDir,
}

impl Browser {
    pub(super) async fn start() -> Self {
        Self::start_with(QUIET.map(str::to_owned).to_vec()).await
    }

    /// The same with `host` resolved to this address and port.
    pub(super) async fn start_where(host: &str, authority: &str) -> Self {
        let mut arguments = QUIET.map(str::to_owned).to_vec();
        arguments.push(format!("host-resolver-rules=MAP {host} {authority}"));
        Self::start_with(arguments).await
    }

    async fn start_with(arguments: Vec<String>) -> Self {
        let profile = TempDir::new().unwrap();
        let mut config = BrowserConfig::builder()
            .chrome_executable(told("TEST_CHROMIUM"))
            .user_data_dir(profile.path())
            .args(arguments);
        // root cannot use the sandbox; the pages are our own.
        if profile.path().metadata().unwrap().uid() == 0 {
            config = config.no_sandbox();
        }
        let launched = within(chromiumoxide::Browser::launch(config.build().unwrap())).await;
        let (inner, mut handler) = launched.unwrap();
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self {
            inner,
            events,
            _profile: profile,
        }
    }

    /// Opens `url` and records requests and errors from the start.
    pub(super) async fn open(&self, url: &str) -> Page {
        let tab = within(self.inner.new_page("about:blank")).await.unwrap();
        tab.execute(EnableParams::default()).await.unwrap();
        tab.enable_log().await.unwrap();
        let page = Page {
            requests: noted(
                tab.event_listener::<EventRequestWillBeSent>()
                    .await
                    .unwrap(),
                |event| Some(event.request.url.clone()),
            ),
            log: noted(
                tab.event_listener::<EventEntryAdded>().await.unwrap(),
                complaint,
            ),
            exceptions: noted(
                tab.event_listener::<EventExceptionThrown>().await.unwrap(),
                |event| Some(format!("{:?}", event.exception_details)),
            ),
            tab,
        };
        within(page.tab.goto(url)).await.unwrap();
        page
    }

    /// Closes it, and waits until it is gone.
    pub(super) async fn end(mut self) {
        within(self.inner.close()).await.unwrap();
        within(self.inner.wait()).await.unwrap();
        self.events.abort();
    }
}

/// A page, with its requests and errors.
pub(super) struct Page {
    tab: Tab,
    requests: Notes,
    log: Notes,
    exceptions: Notes,
}

type Notes = Arc<Mutex<Vec<String>>>;

/// Records what `line` makes of each event.
fn noted<T: Send + Sync + 'static>(
    mut events: impl Stream<Item = Arc<T>> + Unpin + Send + 'static,
    line: impl Fn(&T) -> Option<String> + Send + 'static,
) -> Notes {
    let notes = Notes::default();
    let written = Arc::clone(&notes);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            written
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(line(&event));
        }
    });
    notes
}

fn read(notes: &Notes) -> Vec<String> {
    notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A violation of the page's CSP is an entry of the browser's log.
fn complaint(event: &EventEntryAdded) -> Option<String> {
    let grave = [LogEntryLevel::Warning, LogEntryLevel::Error];
    let entry = &event.entry;
    grave
        .contains(&entry.level)
        .then(|| format!("{} {:?}", entry.text, entry.url))
}

impl Page {
    /// Every requested URL.
    pub(super) fn requests(&self) -> Vec<String> {
        read(&self.requests)
    }

    /// Waits until a URL with this prefix was requested.
    pub(super) async fn asked_for(&self, beginning: &str) -> String {
        within(async {
            loop {
                let mut requests = self.requests().into_iter();
                if let Some(found) = requests.find(|it| it.starts_with(beginning)) {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The browser's error messages.
    pub(super) fn complaints(&self) -> Vec<String> {
        [read(&self.log), read(&self.exceptions)].concat()
    }

    /// Waits until the browser reports an error with this text.
    pub(super) async fn complains_of(&self, words: &str) {
        within(async {
            while !self.complaints().iter().any(|it| it.contains(words)) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Makes a script of the page request `url`; the result.
    pub(super) async fn ask(&self, url: &str) -> String {
        let script = format!("fetch('{url}').then(() => 'answered', () => 'refused')");
        let outcome = within(self.tab.evaluate(script)).await.unwrap();
        outcome.into_value().unwrap()
    }

    /// Adds a virtual authenticator, whose user consents to everything.
    pub(super) async fn plug_in_authenticator(&self) {
        let options = VirtualAuthenticatorOptions::builder()
            .protocol(AuthenticatorProtocol::Ctap2)
            .transport(AuthenticatorTransport::Internal)
            .has_resident_key(true)
            .has_user_verification(true)
            .is_user_verified(true)
            .automatic_presence_simulation(true);
        let plug_in = AddVirtualAuthenticatorParams::new(options.build().unwrap());
        let enable = EnableWebAuthn::default();
        within(self.tab.execute(enable)).await.unwrap();
        within(self.tab.execute(plug_in)).await.unwrap();
    }

    /// The result of a script of the page.
    pub(super) async fn run(&self, script: String) -> Value {
        let outcome = within(self.tab.evaluate(script)).await.unwrap();
        outcome.into_value().unwrap()
    }

    /// Waits until this many elements match.
    pub(super) async fn shows(&self, selector: &str, count: usize) {
        within(async {
            loop {
                let found = self.tab.find_elements(selector).await;
                if found.is_ok_and(|it| it.len() == count) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Waits for the one element that matches, and clicks on it.
    pub(super) async fn click(&self, selector: &str) {
        self.shows(selector, 1).await;
        let element = self.tab.find_element(selector).await.unwrap();
        element.click().await.unwrap();
    }

    /// Waits for the one field that matches, and replaces what stands in it.
    pub(super) async fn write(&self, selector: &str, text: &str) {
        self.shows(selector, 1).await;
        let field = self.tab.find_element(selector).await.unwrap();
        field.click().await.unwrap();
        let select = "function() { this.select(); }";
        field.call_js_fn(select, false).await.unwrap();
        field.type_str(text).await.unwrap();
    }

    /// Waits until the element that matches holds this text.
    pub(super) async fn says(&self, selector: &str, words: &str) {
        within(async {
            loop {
                let element = self.tab.find_element(selector).await;
                if let Ok(element) = element
                    && let Ok(Some(text)) = element.inner_text().await
                    && text.contains(words)
                {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The text in the element that matches.
    pub(super) async fn text(&self, selector: &str) -> String {
        let element = self.tab.find_element(selector).await.unwrap();
        element.inner_text().await.unwrap().unwrap_or_default()
    }
}
