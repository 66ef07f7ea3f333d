//! Coming back from a provider.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use auth_domain::{
    identity::ProviderId,
    ports::Parameters,
    secret::Secret,
    services::{
        AuthorizationError, Error, FinishedFlow, FlowFailure, ProviderCallback,
        ProviderSignInRefusal,
    },
};

use super::{begin::tell, flow_cookie::FlowCookies, name};
use crate::{
    extract::device::SeenFrom,
    modern::{
        ModernError,
        form::Form,
        query::{InvalidQuery, Query},
        redirect,
    },
    state::AppState,
};

/// What providers are known to send.
const PARAMETERS: [&str; 4] = ["code", "oauth_token", "oauth_verifier", "user"];

/// `GET /signin/provider/{provider}/callback`
pub(crate) async fn get(
    state: Data<AppState>,
    seen_from: SeenFrom,
    request: HttpRequest,
) -> Result<HttpResponse, ModernError> {
    let provider = name::of_path(request.match_info().query("provider"), &state)?;
    let query = Query::of(request.query_string().as_bytes());
    match read(&query) {
        Ok(returned) => finish(&state, seen_from, &request, (provider, returned)).await,
        Err(invalid) => Ok(invalid.answer()),
    }
}

/// `POST /signin/provider/{provider}/callback`
pub(crate) async fn post(
    state: Data<AppState>,
    seen_from: SeenFrom,
    request: HttpRequest,
    Form(form): Form,
) -> Result<HttpResponse, ModernError> {
    let provider = name::of_path(request.match_info().query("provider"), &state)?;
    let returned = read(&form).map_err(|invalid| ModernError::Schema(invalid.to_string()))?;
    finish(&state, seen_from, &request, (provider, returned)).await
}

/// What a browser brought back.
struct Returned {
    state: String,
    authorization_error: Option<AuthorizationError>,
    parameters: Parameters,
}

fn read(query: &Query) -> Result<Returned, InvalidQuery> {
    let text = |name| Ok(query.optional(name)?.unwrap_or_default());
    let authorization_error = AuthorizationError {
        error: text("error")?,
        description: text("error_description")?,
        uri: text("error_uri")?,
    };
    let mut parameters = Vec::new();
    for name in PARAMETERS {
        if let Some(value) = query.optional(name)? {
            parameters.push((name.to_owned(), Secret::new(value)));
        }
    }
    Ok(Returned {
        state: query.required("state")?,
        authorization_error: (!authorization_error.error.is_empty()).then_some(authorization_error),
        parameters: parameters.into_iter().collect(),
    })
}

async fn finish(
    state: &AppState,
    seen_from: SeenFrom,
    request: &HttpRequest,
    (provider, returned): (ProviderId, Returned),
) -> Result<HttpResponse, ModernError> {
    let cookies = FlowCookies::of(state.settings().server_url.as_deref());
    let Returned {
        state: flow,
        authorization_error,
        parameters,
    } = returned;
    let callback = ProviderCallback {
        provider,
        mark: cookies.kept(request, &flow),
        state: flow.clone(),
        authorization_error,
        parameters,
    };
    let is_kept = callback.mark.is_some();
    let finished = state
        .run_from(seen_from, |services| async move {
            services.provider_sign_in().finish(callback).await
        })
        .await?;
    let mut answer = match finished {
        Ok(finished) => succeed(finished),
        Err(failure) => fail(state, failure)?,
    };
    if is_kept {
        answer
            .add_cookie(&cookies.forgetting(&flow))
            .map_err(|error| ModernError::Internal(error.to_string().into()))?;
    }
    Ok(answer)
}

fn succeed(finished: FinishedFlow) -> HttpResponse {
    let mut added: Vec<_> = redirect::granted(&finished.grant).into_iter().collect();
    added.extend(finished.client_state.map(|it| ("state", it)));
    redirect::to(finished.redirect_to.as_str(), &added)
}

/// The provider's authorization error is passed on with its own code and text.
fn fail(state: &AppState, failure: FlowFailure) -> Result<HttpResponse, ModernError> {
    let Error::Refused(ProviderSignInRefusal::AuthorizationFailed(authorization_error)) =
        &failure.error
    else {
        return tell(state, failure);
    };
    let mut added = vec![
        ("provider_error", authorization_error.error.clone()),
        (
            "provider_error_description",
            authorization_error.description.clone(),
        ),
        ("provider_error_url", authorization_error.uri.clone()),
    ];
    added.extend(failure.client_state.map(|it| ("state", it)));
    let error = ModernError::from(failure.error);
    match &failure.redirect_to {
        Some(redirect_to) => Ok(redirect::fail_with(state, redirect_to, &error, added)),
        None => Err(error),
    }
}
