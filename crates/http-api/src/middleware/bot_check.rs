//! Bot check: refusing programs (`AUTH_TURNSTILE_SECRET`).

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

use super::endpoint_rules::{path_without_prefix, rules_of};
use crate::{
    endpoint::{BotCheckRule, Generation},
    legacy::LegacyError,
    refusal::refused,
    state::AppState,
};

/// The header with the client's challenge response.
const RESPONSE: HeaderName = HeaderName::from_static("x-cf-turnstile-response");

/// Requests need the bot check below this path, without the API prefix.
const SIGN_UP: &str = "/signup/";

/// In later versions of the original also below these paths.
const SIGN_IN: [&str; 2] = ["/signin/passwordless/", "/signin/otp/"];

/// Except for second steps: the first one has passed the check.
const NOT_BELOW: &str = "/signup/provider/";
const NOT_ENDING_IN: [&str; 2] = ["/verify", "/callback"];

/// What holds for a path that is no endpoint's: the original's rules on paths.
fn rule_for_unknown_path(path: &str) -> BotCheckRule {
    let is_second_step =
        path.starts_with(NOT_BELOW) || NOT_ENDING_IN.iter().any(|it| path.ends_with(it));
    if is_second_step {
        BotCheckRule::Never
    } else if path.starts_with(SIGN_UP) {
        BotCheckRule::Always
    } else if SIGN_IN.iter().any(|it| path.starts_with(it)) {
        BotCheckRule::LatestVersion
    } else {
        BotCheckRule::Never
    }
}

/// Why a request is turned away.
enum Refusal {
    NoResponse,
    Failed(Vec<String>),
    Unknown,
}

/// Refuses a request that needs the bot check and does not pass it.
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
            let generation = rules_of(&request).unwrap_or_default().generation;
            Ok(request.into_response(refusal.answer(generation)))
        }
    }
}

async fn judge(request: &ServiceRequest, state: &AppState) -> Result<(), Refusal> {
    let Some(check) = state.bot_check() else {
        return Ok(());
    };
    let settings = state.settings();
    let rule = rules_of(request).map_or_else(
        || rule_for_unknown_path(path_without_prefix(request, settings)),
        |rules| rules.bot_check,
    );
    if !rule.holds(settings.compat) {
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

    /// Byte for byte as in the original.
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
    use super::{
        BotCheckRule::{Always, LatestVersion, Never},
        rule_for_unknown_path,
    };

    #[test]
    fn paths_that_do_not_exist_are_judged_as_in_the_original() {
        for (path, rule) in [
            ("/nowhere", Never),
            ("/signup", Never),
            ("/signup/nowhere", Always),
            ("/signup/nowhere/verify", Never),
            ("/signup/provider/nowhere/more", Never),
            ("/signin/nowhere", Never),
            ("/signin/otp/nowhere", LatestVersion),
            ("/signin/passwordless/nowhere", LatestVersion),
            ("/signin/passwordless/nowhere/verify", Never),
        ] {
            assert_eq!(rule_for_unknown_path(path), rule, "{path}");
        }
    }
}
