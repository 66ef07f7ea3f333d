//! The development outbox as the developer sees it.

use reqwest::Method;

use super::{Answer, Server};

impl Server {
    /// Path and query of the link that it printed.
    pub(crate) async fn outbox_link(&self) -> String {
        self.printed("/dev/outbox?key=").await;
        let output = self.output();
        let (_, rest) = output.split_once("/dev/outbox?key=").unwrap();
        let key = rest.split_whitespace().next().unwrap();
        format!("/dev/outbox?key={key}")
    }

    /// The cookie of the browser that followed the link.
    pub(crate) async fn outbox_cookie(&self) -> String {
        let opened = self.get(&self.outbox_link().await).await;
        let cookie = opened.header("set-cookie").split(';').next().unwrap();
        cookie.to_owned()
    }

    /// The page in that browser.
    pub(crate) async fn outbox(&self) -> Answer {
        let request = self.request(Method::GET, "/dev/outbox");
        let request = request.header("Cookie", self.outbox_cookie().await);
        self.send(request.header("Sec-Fetch-Site", "none")).await
    }
}
