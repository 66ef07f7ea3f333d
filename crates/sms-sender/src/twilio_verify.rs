//! Codes that Twilio Verify makes, sends and checks.

use async_trait::async_trait;
use auth_domain::{
    one_time_code::OneTimeCode,
    ports::{PhoneVerifier, SmsError},
    secret::Secret,
    user::{Locale, PhoneNumber},
};
use egress::{Egress, Request, Url};
use serde_json::Value;

use crate::{
    SmsServiceError,
    basic_auth::with_basic_auth,
    error::not_sent,
    service::{Service, below},
};

/// How to reach a service of Twilio Verify.
#[derive(Debug, Clone)]
pub struct TwilioVerifySettings {
    /// Where the API is: `https://verify.twilio.com`.
    pub base_url: Url,
    /// The account.
    pub account_sid: String,
    /// Its token.
    pub auth_token: Secret,
    /// The service at Twilio.
    pub service_sid: String,
}

/// Lets Twilio Verify make and check codes.
#[derive(Debug)]
pub struct TwilioVerify {
    settings: TwilioVerifySettings,
    service: Service,
}

impl TwilioVerify {
    /// A verifier that has not sent anything yet.
    #[must_use]
    pub fn new(settings: TwilioVerifySettings, egress: Egress) -> Self {
        Self {
            settings,
            service: Service {
                egress,
                name: "Twilio Verify",
            },
        }
    }

    fn request<'a>(
        &'a self,
        what: &str,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Request {
        let settings = &self.settings;
        let path = ["v2", "Services", settings.service_sid.as_str(), what];
        let request = Request::post(below(&settings.base_url, &path)).form(fields);
        with_basic_auth(request, &settings.account_sid, &settings.auth_token)
    }

    async fn ask_for_code(&self, to: &PhoneNumber, locale: &Locale) -> Result<(), SmsServiceError> {
        let fields = [
            ("To", to.as_str()),
            ("Channel", "sms"),
            ("Locale", locale.as_str()),
        ];
        let request = self.request("Verifications", fields);
        self.service.transmit(request, |status| status == 201).await
    }

    /// Twilio answers 404 when no code was sent to a number, it expired or was used, 429 after too
    /// many guesses, and 400 for an unreadable number: the code is wrong in each case, and a client
    /// must not provoke an error of ours.
    async fn ask_for_verdict(
        &self,
        to: &PhoneNumber,
        code: &OneTimeCode,
    ) -> Result<bool, SmsServiceError> {
        let fields = [("To", to.as_str()), ("Code", code.expose())];
        let reply = self.service.ask(self.request("VerificationCheck", fields));
        let reply = reply.await?;
        match reply.status {
            200 | 201 => {}
            400 | 404 | 429 => return Ok(false),
            other => return Err(self.service.refused(other)),
        }
        let service = self.service.name;
        let Ok(verdict) = serde_json::from_slice::<Value>(&reply.body) else {
            return Err(SmsServiceError::Unreadable { service });
        };
        Ok(verdict.get("status").and_then(Value::as_str) == Some("approved"))
    }
}

#[async_trait]
impl PhoneVerifier for TwilioVerify {
    async fn start(&self, to: &PhoneNumber, locale: &Locale) -> Result<(), SmsError> {
        let asked = self.ask_for_code(to, locale).await;
        asked.map_err(not_sent)
    }

    async fn check(&self, to: &PhoneNumber, code: &OneTimeCode) -> Result<bool, SmsError> {
        let verdict = self.ask_for_verdict(to, code).await;
        verdict.map_err(|error| SmsError::NotChecked(error.into()))
    }
}
