//! Parameters of queries, and of forms that are written like them.

use actix_web::HttpResponse;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::refusal::refused;

/// The parameters of a query, decoded. No name may be there twice: programs differ on which of two
/// values counts (parameter pollution).
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what is written in the way of web forms.
    pub(super) fn of(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &'static str) -> Result<String, InvalidQuery> {
        let found = self.optional(name)?;
        found.ok_or(InvalidQuery::Missing(name))
    }

    /// The value of a parameter that may be absent.
    pub(super) fn optional(&self, name: &'static str) -> Result<Option<String>, InvalidQuery> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(Some(value.clone())),
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(InvalidQuery::Repeated(name)),
        }
    }
}

/// What is wrong with a query, in the original's text where it has one.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidQuery {
    #[error("Query argument {0} is required, but not found")]
    Missing(&'static str),
    #[error("Query argument {0} is given more than once")]
    Repeated(&'static str),
    #[error("Invalid format for parameter {0}: {1}")]
    Malformed(&'static str, String),
}

/// A query that does not fit this description.
#[derive(Serialize, ToSchema)]
#[schema(as = QueryErrorResponse)]
pub(crate) struct QueryErrorReply {
    msg: String,
}

impl InvalidQuery {
    pub(super) fn answer(&self) -> HttpResponse {
        let answer = HttpResponse::BadRequest().json(QueryErrorReply {
            msg: self.to_string(),
        });
        refused(answer, "schema-validation-error")
    }
}
