//! An authenticator app (TOTP), with another implementation than the server's.

use std::{
    io::Cursor,
    time::{SystemTime, UNIX_EPOCH},
};

use data_encoding::BASE64;
use png::{Decoder, Transformations};
use reqwest::Method;
use rqrr::PreparedImage;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::{Answer, PASSWORD, Server, ServerBuilder};

/// Seconds of a time step.
const STEP: u64 = 30;

/// An app with a secret.
pub(crate) struct Authenticator(Totp);

impl Authenticator {
    pub(crate) fn new(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).unwrap();
        Self(Builder::new().with_secret(secret).build_noncompliant())
    }

    /// Its current code, valid for half a minute at least.
    pub(crate) fn code(&self) -> String {
        self.code_of_step(0)
    }

    /// The code of the next step, which is valid already.
    pub(crate) fn next_code(&self) -> String {
        self.code_of_step(1)
    }

    /// A code that is not valid within minutes.
    pub(crate) fn wrong_code(&self) -> String {
        let good: Vec<_> = (-4..=8).map(|step| self.code_of_step(step)).collect();
        let codes = (0..).map(|number| format!("{number:06}"));
        codes
            .into_iter()
            .find(|code| !good.contains(code))
            .unwrap_or_default()
    }

    /// The code that many steps from now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has no other clock either"
    )]
    fn code_of_step(&self, steps: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let moment = now.as_secs().strict_add_signed(steps * STEP.cast_signed());
        self.0.generate(moment).to_string()
    }
}

/// The text of the QR code in a data URL.
pub(crate) fn scanned(image_url: &str) -> String {
    let png = image_url.strip_prefix("data:image/png;base64,").unwrap();
    let png = BASE64.decode(png.as_bytes()).unwrap();
    let mut decoder = Decoder::new(Cursor::new(png));
    decoder.set_transformations(Transformations::EXPAND);
    let mut picture = decoder.read_info().unwrap();
    let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
    let width = picture.next_frame(&mut pixels).unwrap().width as usize;
    let height = pixels.len() / width;
    let mut scanner =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let codes = scanner.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

impl ServerBuilder {
    /// Switches second factors on.
    pub(crate) fn with_mfa(self) -> Self {
        self.set("AUTH_MFA_ENABLED", "true")
    }
}

/// A user with an account, a session and perhaps an app.
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) app: Authenticator,
}

impl Server {
    /// A new user with a secret that is not activated.
    pub(crate) async fn enrolled(&self, email: &str) -> Person {
        let session = self.sign_up(email).await;
        let token = session["accessToken"].as_str().unwrap().to_owned();
        let app = self.new_app(&token).await;
        Person {
            email: email.to_owned(),
            token,
            app,
        }
    }

    /// A new user with a second factor, and the current code of the app.
    pub(crate) async fn protected(&self, email: &str) -> Person {
        let person = self.enrolled(email).await;
        let activated = self.activate(&person, &person.app.code()).await;
        assert_eq!(activated.expect(200), json!("OK"));
        person
    }

    /// An app with a new secret for the user of this token.
    pub(crate) async fn new_app(&self, token: &str) -> Authenticator {
        let enrolment = self.generate(token).await.expect(200);
        Authenticator::new(enrolment["totpSecret"].as_str().unwrap())
    }

    pub(crate) async fn generate(&self, token: &str) -> Answer {
        let request = self.request(Method::GET, "/mfa/totp/generate");
        self.send(request.bearer_auth(token)).await
    }

    pub(crate) async fn activate(&self, person: &Person, code: &str) -> Answer {
        let body = json!({ "code": code, "activeMfaType": "totp" });
        self.post_as(&person.token, "/user/mfa", &body).await
    }

    pub(crate) async fn deactivate(&self, person: &Person, code: &str) -> Answer {
        let body = json!({ "code": code, "activeMfaType": "" });
        self.post_as(&person.token, "/user/mfa", &body).await
    }

    /// New recovery codes.
    pub(crate) async fn recovery_codes(&self, person: &Person, code: &str) -> Answer {
        let body = json!({ "code": code });
        self.post_as(&person.token, "/mfa/recovery-codes", &body)
            .await
    }

    /// The ticket for the second step, after the right password.
    pub(crate) async fn mfa_ticket(&self, email: &str) -> Value {
        let answer = self.sign_in(email, PASSWORD).await.expect(200);
        assert_eq!(answer.get("session"), None);
        answer["mfa"]["ticket"].clone()
    }

    /// The second step of a sign-in.
    pub(crate) async fn second_step(&self, ticket: &Value, code: &str) -> Answer {
        let body = json!({ "ticket": ticket, "otp": code });
        self.post("/signin/mfa/totp", &body).await
    }

    /// Both steps.
    pub(crate) async fn sign_in_with(&self, email: &str, code: &str) -> Answer {
        let ticket = self.mfa_ticket(email).await;
        self.second_step(&ticket, code).await
    }
}
