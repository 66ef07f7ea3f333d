//! Tickets as members of bodies, checked by the pattern of the API's description.

use auth_domain::ticket::{Ticket, TicketPurpose};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::openapi::ObjectBuilder;

use crate::extract::schema::text;

/// The schema that [`deserialize`] keeps.
pub(super) fn schema(purpose: TicketPurpose) -> ObjectBuilder {
    text().pattern(Some(format!("^{}:", purpose.prefix())))
}

/// Reads text that begins like a ticket for `purpose`; `None` if it is no ticket all the same.
///
/// # Errors
///
/// Text that begins in another way.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
    purpose: TicketPurpose,
) -> Result<Option<Ticket>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let rest = text.strip_prefix(purpose.prefix());
    if rest.is_some_and(|rest| rest.starts_with(':')) {
        Ok(Ticket::parse(&text).ok())
    } else {
        Err(Error::custom(
            "string doesn't match the pattern of a ticket",
        ))
    }
}
