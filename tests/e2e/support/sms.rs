//! A web hook that receives the text messages of a server for a user.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Database, Server, ServerBuilder, WebService, server::within};

/// A user's phone, at a service that accepts every message.
pub(crate) struct Phones(WebService);

impl Phones {
    pub(crate) async fn start() -> Self {
        Self::answering(200).await
    }

    /// The same at a service that answers so.
    pub(crate) async fn answering(status: u16) -> Self {
        Self(WebService::start(move |_| (status, "{}".to_owned())).await)
    }

    /// A server that sends its messages here.
    pub(crate) fn server(&self, database: &Database) -> ServerBuilder {
        ServerBuilder::new(database)
            .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
            .set("AUTH_SMS_PROVIDER", "generic")
            .set("AUTH_SMS_GENERIC_URL", &format!("{}/sms", self.0.url()))
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
    }

    /// Every message so far: its recipient and its text.
    pub(crate) fn messages(&self) -> Vec<(String, String)> {
        let read = |body: String| {
            let body: Value = serde_json::from_str(&body).unwrap();
            let text = |name| body[name].as_str().unwrap().to_owned();
            (text("to"), text("body"))
        };
        let received = self.0.received().into_iter();
        received.map(|request| read(request.body)).collect()
    }

    /// How many messages there were.
    pub(crate) fn count(&self) -> usize {
        self.0.received().len()
    }

    /// Waits until this many messages have arrived.
    pub(crate) async fn arrived(&self, count: usize) {
        within(async {
            while self.count() < count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The text of the last message.
    pub(crate) fn last_text(&self) -> String {
        self.messages().pop().expect("a message was sent").1
    }

    /// The code in the last message, which has to be for this number.
    #[track_caller]
    pub(crate) fn last_code(&self, number: &str) -> String {
        let (to, text) = self.messages().pop().expect("a message was sent");
        assert_eq!(to, number);
        let digits = |it: &&str| it.len() == 6 && it.bytes().all(|it| it.is_ascii_digit());
        let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
        words.find(digits).expect("a code").to_owned()
    }
}

impl Server {
    /// Requests a code that signs in.
    pub(crate) async fn ask_for_text(&self, number: &str) -> Answer {
        let body = json!({ "phoneNumber": number });
        self.post("/signin/passwordless/sms", &body).await
    }

    /// Redeems a code from a text message.
    pub(crate) async fn type_text_code(&self, number: &str, code: &str) -> Answer {
        let body = json!({ "phoneNumber": number, "otp": code });
        self.post("/signin/passwordless/sms/otp", &body).await
    }

    /// The session of the user who has this phone.
    pub(crate) async fn sign_in_by_text(&self, phones: &Phones, number: &str) -> Value {
        self.ask_for_text(number).await.expect(200);
        let code = phones.last_code(number);
        self.type_text_code(number, &code).await.expect(200)["session"].clone()
    }

    /// The session of a new anonymous user.
    pub(crate) async fn anonymous(&self) -> Value {
        let request = self.request(Method::POST, "/signin/anonymous");
        self.send(request).await.expect(200)["session"].clone()
    }
}

/// Six digits that differ from `code`.
pub(crate) fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}
