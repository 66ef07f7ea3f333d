//! Turning programs away (`AUTH_TURNSTILE_SECRET`).

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header::HeaderName},
    middleware::Next,
    web::Data,
};
use auth_domain::{error::chain, ports::PersonVerdict, secret::Secret};
use serde_json::json;

use crate::{
    compat::Compat,
    legacy::LegacyError,
    refusal::refused,
    routes::{Generation, path_of},
    state::AppState,
};

/// Where the client puts what its challenge gave it.
const RESPONSE: HeaderName = HeaderName::from_static("x-cf-turnstile-response");

/// Requests are for people alone below this path, without the API prefix.
const SIGN_UP: &str = "/signup/";

/// In later versions of the original also below these paths, and at these.
const BELOW: [&str; 2] = ["/signin/passwordless/", "/signin/otp/"];
const AT: [&str; 1] = ["/user/password/reset"];

/// Except for second steps: the first one was a person's.
const NOT_BELOW: [&str; 1] = ["/signup/provider/"];
const NOT_AT: [&str; 1] = ["/signin/passwordless/sms/otp"];
const NOT_ENDING_IN: [&str; 2] = ["/verify", "/callback"];

/// The same of the legacy generation, or programs would sign up there.
const LEGACY: [&str; 1] = ["/v1/signup"];

/// Why a request is turned away.
enum Refusal {
    NoResponse,
    Failed(Vec<String>),
    Unknown,
}

/// Turns a request away that is for people alone and not known to be a person's.
pub(crate) async fn require_bot_check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let judged = match &state {
        Some(state) => judge(&request, state).await,
        None => Ok(()),
    };
    match judged {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refusal) => {
            let generation = Generation::of(path_of(&request));
            Ok(request.into_response(refusal.answer(generation)))
        }
    }
}

async fn judge(request: &ServiceRequest, state: &AppState) -> Result<(), Refusal> {
    let path = path_of(request);
    let Some(check) = state.bot_check() else {
        return Ok(());
    };
    let settings = state.settings();
    if !is_for_people(path, &settings.prefix, settings.compat) {
        return Ok(());
    }
    let value = request.headers().get(RESPONSE);
    let response = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
    if response.is_empty() {
        return Err(Refusal::NoResponse);
    }
    let (check, response) = (check.clone(), Secret::new(response));
    let judged = state.run(|_| async move { check.judge(&response).await });
    match judged.await {
        Ok(Ok(PersonVerdict::Passed)) => Ok(()),
        Ok(Ok(PersonVerdict::Failed { messages })) => Err(Refusal::Failed(messages)),
        Ok(Err(error)) => Err(Refusal::unknown(&error)),
        Err(interrupted) => Err(Refusal::unknown(&interrupted)),
    }
}

fn is_for_people(path: &str, prefix: &str, compat: Compat) -> bool {
    let modern = path.strip_prefix(prefix).unwrap_or(path);
    let is_second_step = NOT_BELOW.iter().any(|it| modern.starts_with(it))
        || NOT_ENDING_IN.iter().any(|it| modern.ends_with(it))
        || NOT_AT.contains(&modern);
    let signs_in = BELOW.iter().any(|it| modern.starts_with(it)) || AT.contains(&modern);
    let is_first_step =
        modern.starts_with(SIGN_UP) || signs_in && compat.turns_programs_away_from_signing_in();
    LEGACY.contains(&path) || is_first_step && !is_second_step
}

impl Refusal {
    fn unknown(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "a request was turned away unjudged");
        Self::Unknown
    }

    fn answer(&self, generation: Generation) -> HttpResponse {
        let status = match self {
            Self::NoResponse | Self::Failed(_) => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match generation {
            Generation::Modern => {
                let answer = HttpResponse::build(status).json(json!({ "error": self.message() }));
                refused(answer, "turnstile")
            }
            Generation::Legacy => LegacyError::turned_away(status, self.message()).error_response(),
        }
    }

    /// To the letter as in the original.
    fn message(&self) -> String {
        match self {
            Self::NoResponse => format!("missing {RESPONSE} header"),
            Self::Failed(messages) => {
                format!("failed to pass turnstile: [{}]", messages.join(" "))
            }
            Self::Unknown => "internal server error when attempting to pass turnstile".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATEST: Compat = Compat::Latest;

    #[test]
    fn what_makes_accounts_or_sends_mails_is_for_people() {
        for path in [
            "/signup/email-password",
            "/signup/otp/email",
            "/signin/passwordless/email",
            "/signin/passwordless/sms",
            "/signin/otp/email",
            "/user/password/reset",
        ] {
            assert!(is_for_people(path, "", LATEST), "{path}");
            let prefixed = format!("/v1{path}");
            assert!(is_for_people(&prefixed, "/v1", LATEST), "{path}");
        }
    }

    #[test]
    fn clients_of_the_earlier_version_bring_an_answer_for_signing_up_alone() {
        let is_for_people = |path| is_for_people(path, "", Compat::V0_42);

        assert!(is_for_people("/signup/email-password"));
        for path in [
            "/signin/passwordless/email",
            "/signin/otp/email",
            "/user/password/reset",
        ] {
            assert!(!is_for_people(path), "{path}");
        }
    }

    #[test]
    fn signing_up_in_the_legacy_generation_is_for_people() {
        for compat in [LATEST, Compat::V0_42] {
            assert!(is_for_people("/v1/signup", "", compat));
            assert!(is_for_people("/v1/signup", "/v1", compat));
        }
    }

    #[test]
    fn second_steps_and_everything_else_are_not() {
        for path in [
            "/signup/webauthn/verify",
            "/signin/otp/email/verify",
            "/signin/passwordless/sms/otp",
            "/signup/provider/github",
            "/signin/provider/github/callback",
            "/signin/email-password",
            "/user/password",
            "/v1/login",
            "/healthz",
        ] {
            assert!(!is_for_people(path, "", LATEST), "{path}");
        }
    }
}
