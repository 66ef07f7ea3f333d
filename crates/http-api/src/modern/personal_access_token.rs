//! Personal access tokens.

use actix_web::web::{self, Data};
use auth_domain::{
    DateTime, Utc,
    services::PersonalAccessTokenRequest,
    session::{PersonalAccessToken, PlainRefreshToken},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{
    ToSchema,
    openapi::{KnownFormat, SchemaFormat},
};
use uuid::Uuid;

use super::{ErrorCode, ModernError, caller::ElevatedCaller, json::Json, reply::SignInReply};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Object, UuidLike, non_null},
        schema::{schema, text},
    },
    state::AppState,
};

/// What the token is to be like.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CreatePATRequest)]
pub(crate) struct CreateBody {
    expires_at: Moment,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    metadata: Option<Object>,
}

/// `type: string, format: date-time`: RFC 3339. `@nhost/nhost-js` 2 writes it as RFC 2822 does, for the
/// Node.js server, which read whatever JavaScript reads.
struct Moment(DateTime<Utc>);

schema!(
    Moment,
    "Moment",
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = DateTime::parse_from_rfc3339(&text)
            .or_else(|_other_form| DateTime::parse_from_rfc2822(&text))
            .map_err(|_invalid| {
                Error::custom("a moment such as 2030-01-31T12:00:00Z is expected")
            })?;
        Ok(Self(moment.to_utc()))
    }
}

/// The only answer that ever shows the token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatePATResponse)]
pub(crate) struct CreateReply {
    id: Uuid,
    personal_access_token: String,
}

impl From<PersonalAccessToken> for CreateReply {
    fn from(PersonalAccessToken { id, token }: PersonalAccessToken) -> Self {
        Self {
            id: id.0,
            personal_access_token: token.text(),
        }
    }
}

/// `POST /pat`
pub(crate) async fn create(
    state: Data<AppState>,
    ElevatedCaller(caller): ElevatedCaller,
    Json(body): Json<CreateBody>,
) -> Result<web::Json<CreateReply>, ModernError> {
    let request = PersonalAccessTokenRequest {
        expires_at: body.expires_at.0,
        metadata: body.metadata.map(|it| it.0),
    };
    let token = state
        .run(move |services| async move {
            services
                .personal_access_tokens()
                .create(caller, request)
                .await
        })
        .await??;
    Ok(web::Json(token.into()))
}

/// A personal access token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInPATRequest)]
pub(crate) struct SignInBody {
    personal_access_token: UuidLike,
}

/// `POST /signin/pat`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignInBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let token = PlainRefreshToken::parse(&body.personal_access_token.0)
        .map_err(|_invalid| ErrorCode::INVALID_PAT)?;
    let session = state
        .run_from(seen_from, move |services| async move {
            services.personal_access_tokens().sign_in(token).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
