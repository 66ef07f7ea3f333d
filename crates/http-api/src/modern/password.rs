//! Choosing another password.

use actix_web::web::{self, Data};
use auth_domain::ticket::{Ticket, TicketPurpose};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{ErrorCode, ModernError, caller::OptionalElevatedCaller, json::Json, ticket};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Password, non_null},
        schema::schema,
    },
    state::AppState,
};

/// The password to have from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserPasswordRequest)]
pub(crate) struct PasswordBody {
    new_password: Password,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    ticket: Option<ResetTicket>,
}

/// Text that begins like a ticket to reset a password.
struct ResetTicket(Option<Ticket>);

schema!(
    ResetTicket,
    "ResetTicket",
    ticket::schema(TicketPurpose::ResetPassword)
);

impl<'de> Deserialize<'de> for ResetTicket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ticket::deserialize(deserializer, TicketPurpose::ResetPassword).map(Self)
    }
}

/// `POST /user/password`
pub(crate) async fn set(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OptionalElevatedCaller(caller): OptionalElevatedCaller,
    Json(body): Json<PasswordBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let password = body.new_password.0;
    if let Some(caller) = caller {
        state
            .run_from(seen_from, move |services| async move {
                services.password_change().set(caller, &password).await
            })
            .await??;
        return Ok(web::Json("OK"));
    }
    let ticket = body.ticket.ok_or(ErrorCode::INVALID_REQUEST)?;
    let ticket = ticket.0.ok_or(ErrorCode::INVALID_TICKET)?;
    state
        .run_from(seen_from, |services| async move {
            services.password_change().reset(&ticket, &password).await
        })
        .await??;
    Ok(web::Json("OK"))
}
