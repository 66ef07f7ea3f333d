//! Following the link of a mail.

pub(crate) mod code;
mod page;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use auth_domain::{redirect::RedirectUrl, services::FollowedLink, ticket::Ticket};
use url::Url;

use super::{
    ErrorCode, ErrorForm, ModernError,
    query::{InvalidQuery, Query},
    redirect::{self, fail},
};
use crate::{extract::device::SeenFrom, state::AppState};

/// The query of `/verify`. Unknown parameters are ignored, and so is `type`: the ticket knows.
struct VerifyQuery {
    ticket: String,
    redirect_to: String,
}

impl VerifyQuery {
    fn read(request: &HttpRequest) -> Result<Self, InvalidQuery> {
        let query = Query::of(request.query_string().as_bytes());
        Ok(Self {
            ticket: query.required("ticket")?,
            redirect_to: query.required("redirectTo")?,
        })
    }
}

/// `GET /verify`: follows the link, or answers a page that asks the user to go on.
///
/// Scanners of mail follow every link. Where that is configured they only get the page; its button
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
        return error.answer(ErrorForm::from(state.settings()));
    }
    let Ok(redirect_to) = state
        .services()
        .email_links()
        .check_redirect(&query.redirect_to)
    else {
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
            services.email_links().follow(ticket).await
        })
        .await??)
}

fn succeed(redirect_to: &RedirectUrl, link: &FollowedLink) -> HttpResponse {
    let mut added = vec![("type", link.purpose.prefix().to_owned())];
    added.extend(redirect::granted(&link.grant));
    redirect::to(redirect_to.as_str(), &added)
}
