//! Following the link of a mail.

pub(crate) mod code;
mod page;
mod redirect;

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use auth_domain::{
    redirect::RedirectUrl,
    services::{FollowedLink, Grant},
    ticket::Ticket,
};
use serde::Serialize;
use url::{Url, form_urlencoded};
use utoipa::ToSchema;

use super::{ErrorCode, ModernError};
use crate::{extract::device::SeenFrom, state::AppState};

/// The query of `/verify`. Unknown parameters are ignored, and so is `type`: the ticket knows.
struct VerifyQuery {
    ticket: String,
    redirect_to: String,
}

impl VerifyQuery {
    fn read(request: &HttpRequest) -> Result<Self, InvalidQuery> {
        let pairs: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
        let one = |name: &'static str| {
            let mut values = pairs.iter().filter(|(known, _)| known == name);
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Ok(value.clone().into_owned()),
                (None, _) => Err(InvalidQuery::Missing(name)),
                (Some(_), Some(_)) => Err(InvalidQuery::Repeated(name)),
            }
        };
        Ok(Self {
            ticket: one("ticket")?,
            redirect_to: one("redirectTo")?,
        })
    }
}

/// What is wrong with a query, in the original's words where it has some.
#[derive(Debug, thiserror::Error)]
enum InvalidQuery {
    #[error("Query argument {0} is required, but not found")]
    Missing(&'static str),
    #[error("Query argument {0} is given more than once")]
    Repeated(&'static str),
}

/// A query that does not fit this description.
#[derive(Serialize, ToSchema)]
#[schema(as = QueryErrorResponse)]
pub(crate) struct QueryErrorReply {
    msg: String,
}

impl InvalidQuery {
    fn answer(&self) -> HttpResponse {
        HttpResponse::BadRequest().json(QueryErrorReply {
            msg: self.to_string(),
        })
    }
}

/// `GET /verify`: follows the link, or asks to be followed by a person.
///
/// Scanners of mail follow every link. Where that is configured they only get a page; its button
/// sends the same query by `POST`, which no scanner does.
pub(crate) async fn get(
    state: Data<AppState>,
    seen_from: SeenFrom,
    request: HttpRequest,
) -> HttpResponse {
    match VerifyQuery::read(&request) {
        Err(invalid) => invalid.answer(),
        Ok(_) if state.settings().confirm_links => page::confirmation(&request),
        Ok(query) => follow(&state, seen_from, query).await,
    }
}

/// `POST /verify`: follows the link.
pub(crate) async fn post(
    state: Data<AppState>,
    seen_from: SeenFrom,
    request: HttpRequest,
) -> HttpResponse {
    match VerifyQuery::read(&request) {
        Err(invalid) => invalid.answer(),
        Ok(query) => follow(&state, seen_from, query).await,
    }
}

async fn follow(state: &AppState, seen_from: SeenFrom, query: VerifyQuery) -> HttpResponse {
    let is_path = query.redirect_to.starts_with('/');
    if !is_path && Url::parse(&query.redirect_to).is_err() {
        let error = ModernError::from(ErrorCode::INVALID_REQUEST);
        return error.answer(false, state.settings().compat);
    }
    let Ok(redirect_to) = state.services().links.check_redirect(&query.redirect_to) else {
        let client = state.redirects().client_url();
        return fail(state, &client, &ErrorCode::REDIRECT_TO_NOT_ALLOWED.into());
    };
    match redeem(state, seen_from, &query.ticket).await {
        Ok(link) => succeed(&redirect_to, &link),
        Err(error) => fail(state, &redirect_to, &error),
    }
}

async fn redeem(
    state: &AppState,
    seen_from: SeenFrom,
    ticket: &str,
) -> Result<FollowedLink, ModernError> {
    let ticket = Ticket::parse(ticket).map_err(|_other| ErrorCode::INVALID_TICKET)?;
    Ok(state
        .run_from(seen_from, |services| async move {
            services.links.follow(ticket).await
        })
        .await??)
}

fn succeed(redirect_to: &RedirectUrl, link: &FollowedLink) -> HttpResponse {
    let mut added = vec![("type", link.purpose.prefix().to_owned())];
    match &link.grant {
        Grant::RefreshToken(token) => added.push(("refreshToken", token.text())),
        Grant::Code(code) => added.push(("code", code.expose().to_owned())),
        Grant::Nothing => {}
    }
    redirect::to(redirect_to.as_str(), &added)
}

/// A redirect that names the error, or the error itself where there is nowhere to lead to.
fn fail(state: &AppState, redirect_to: &RedirectUrl, error: &ModernError) -> HttpResponse {
    let code = error.code().unwrap_or(ErrorCode::INVALID_REQUEST);
    error.log();
    let settings = state.settings();
    let shown = settings.compat.row(code.shown(settings.conceal_errors));
    if redirect_to.as_str().is_empty() {
        return ModernError::from(shown).answer(false, settings.compat);
    }
    let added = [
        ("error", shown.code.to_owned()),
        ("errorDescription", shown.message.to_owned()),
    ];
    redirect::to(redirect_to.as_str(), &added)
}

/// Neither caches nor the next page's `Referer` may keep what a redirect carries.
const PRIVATE: [(header::HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
];
