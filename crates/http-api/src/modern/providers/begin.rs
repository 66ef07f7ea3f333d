//! Sending a browser to a provider.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use auth_domain::{
    identity::ProviderId,
    secret::Secret,
    services::{Audience, BegunFlow, FlowFailure, ProviderFlowRequest, SignUpOptions},
    user::Metadata,
};
use serde::{Deserialize, de::IntoDeserializer, de::value::Error as ValueError};

use super::{fetch_metadata::may_begin, flow_cookie::FlowCookies, name, own_name};
use crate::{
    extract::members::{Challenge, Language, Name, ObjectText, RoleList, RoleName},
    modern::{
        ErrorCode, ModernError,
        query::{InvalidQuery, Query},
        redirect::{PRIVATE, fail_with},
    },
    state::AppState,
};

/// `GET /signin/provider/{provider}`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ModernError> {
    begin(&state, &request, Audience::AllUsers).await
}

/// `GET /signup/provider/{provider}`
pub(crate) async fn sign_up(
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ModernError> {
    begin(&state, &request, Audience::NewUsers).await
}

async fn begin(
    state: &AppState,
    request: &HttpRequest,
    audience: Audience,
) -> Result<HttpResponse, ModernError> {
    let provider = name::of_path(request.match_info().query("provider"), state)?;
    let flow = match flow(request, provider, audience) {
        Ok(flow) => flow,
        Err(Unfit::Query(invalid)) => return Ok(invalid.answer()),
        Err(Unfit::Schema(error)) => return Err(error),
    };
    if !may_begin(request, state.redirects(), flow.connect.is_some()) {
        return Err(ErrorCode::INVALID_REQUEST.into());
    }
    if let Some(elsewhere) = own_name::ask_again(state, request) {
        return Ok(elsewhere);
    }
    let begun = state
        .run(|services| async move { services.provider_sign_in().begin(flow).await })
        .await?;
    match begun {
        Ok(begun) => Ok(send(state, &begun)),
        Err(failure) => tell(state, failure),
    }
}

fn send(state: &AppState, begun: &BegunFlow) -> HttpResponse {
    let cookies = FlowCookies::of(state.settings().server_url.as_deref());
    let mut answer = HttpResponse::Found();
    for header in PRIVATE {
        answer.insert_header(header);
    }
    answer
        .insert_header((header::LOCATION, begun.authorize.as_str()))
        .cookie(cookies.keeping(&begun.mark, begun.state.expose(), begun.ttl))
        .finish()
}

/// Redirects the client with the failure, or answers here if there is no redirect target.
pub(super) fn tell(state: &AppState, failure: FlowFailure) -> Result<HttpResponse, ModernError> {
    let FlowFailure {
        redirect_to,
        client_state,
        error,
    } = failure;
    let error = ModernError::from(error);
    let Some(redirect_to) = redirect_to else {
        return Err(error);
    };
    let added = client_state.map(|it| ("state", it));
    Ok(fail_with(
        state,
        &redirect_to,
        &error,
        added.into_iter().collect(),
    ))
}

/// Why a query is refused: a parameter is missing or repeated, or does not fit its schema.
enum Unfit {
    Query(InvalidQuery),
    Schema(ModernError),
}

impl From<InvalidQuery> for Unfit {
    fn from(invalid: InvalidQuery) -> Self {
        Self::Query(invalid)
    }
}

fn flow(
    request: &HttpRequest,
    provider: ProviderId,
    audience: Audience,
) -> Result<ProviderFlowRequest, Unfit> {
    let query = Query::of(request.query_string().as_bytes());
    let options = SignUpOptions {
        redirect_to: query.optional("redirectTo")?,
        default_role: read::<RoleName>(&query, "defaultRole")?.map(|it| it.0),
        allowed_roles: read::<RoleList>(&query, "allowedRoles")?.map(|it| it.0),
        display_name: read::<Name>(&query, "displayName")?.map(|it| it.0),
        locale: read::<Language>(&query, "locale")?.and_then(|it| it.0),
        metadata: metadata(&query)?,
    };
    Ok(ProviderFlowRequest {
        provider,
        options,
        connect: match audience {
            Audience::AllUsers => query.optional("connect")?.map(Secret::new),
            Audience::NewUsers => None,
        },
        client_state: query.optional("state")?,
        code_challenge: read::<Challenge>(&query, "codeChallenge")?.map(|it| it.0),
        audience,
    })
}

/// The original decodes these while it looks for parameters, before it looks at their schemas.
fn metadata(query: &Query) -> Result<Option<Metadata>, InvalidQuery> {
    let name = "metadata";
    let text = query.optional(name)?;
    let decoded = text.map(decode::<ObjectText>).transpose();
    match decoded {
        Ok(object) => Ok(object.map(|it| it.0)),
        Err(error) => Err(InvalidQuery::Malformed(name, error.to_string())),
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    query: &Query,
    name: &'static str,
) -> Result<Option<T>, Unfit> {
    let decoded = query.optional(name)?.map(decode::<T>).transpose();
    decoded.map_err(|error| {
        let reason = format!("{name:?} in query has an error: {error}");
        Unfit::Schema(ModernError::Parameter(reason))
    })
}

fn decode<T: for<'de> Deserialize<'de>>(text: String) -> Result<T, ValueError> {
    T::deserialize(text.into_deserializer())
}
