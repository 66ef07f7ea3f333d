//! ID tokens that apps bring.

use actix_web::web::{self, Data};
use auth_domain::{
    identity::ProviderId,
    secret::Secret,
    services::{Audience, IdTokenProof, IdTokenSignIn},
};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::ToSchema;

use crate::{
    extract::{
        device::SeenFrom,
        members::{non_null, non_null_object},
        schema::{schema, text},
    },
    modern::{
        ModernError, caller::ElevatedCaller, json::Json, options::OptionsBody, reply::SignInReply,
    },
    state::AppState,
};

/// Whose ID tokens are taken: the original's two, and those that the operator described.
struct Issuer(ProviderId);

/// The issuers that the original knows. Others are told apart from those that are switched off.
const KNOWN: [&str; 2] = ["apple", "google"];

schema!(
    Issuer,
    "IdTokenProvider",
    text()
        .pattern(Some("^(apple|google|c:[a-z0-9-]{1,40})$"))
        .examples(["google"])
);

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = ProviderId::parse(&text).ok();
        let is_known = |id: &ProviderId| KNOWN.contains(&id.as_str()) || id.is_custom();
        let unknown = || Error::custom("value is not one of the allowed values");
        id.filter(is_known).map(Self).ok_or_else(unknown)
    }
}

/// An ID token to sign in with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInIdTokenRequest)]
pub(crate) struct SignInBody {
    provider: Issuer,
    id_token: String,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    nonce: Option<String>,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
}

impl SignInBody {
    fn for_audience(self, audience: Audience) -> IdTokenSignIn {
        let Self {
            provider,
            id_token,
            nonce,
            options,
        } = self;
        IdTokenSignIn {
            proof: proof(provider, id_token, nonce),
            options: options.unwrap_or_default().into(),
            audience,
        }
    }
}

/// An ID token to link an account by.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LinkIdTokenRequest)]
pub(crate) struct LinkBody {
    provider: Issuer,
    id_token: String,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    nonce: Option<String>,
}

fn proof(provider: Issuer, token: String, nonce: Option<String>) -> IdTokenProof {
    IdTokenProof {
        provider: provider.0,
        token: Secret::new(token),
        nonce: nonce.map(Secret::new),
    }
}

/// `POST /signin/idtoken`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignInBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    enter(&state, seen_from, body.for_audience(Audience::AllUsers)).await
}

/// `POST /signup/idtoken`
pub(crate) async fn sign_up(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignInBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    enter(&state, seen_from, body.for_audience(Audience::NewUsers)).await
}

async fn enter(
    state: &AppState,
    seen_from: SeenFrom,
    request: IdTokenSignIn,
) -> Result<web::Json<SignInReply>, ModernError> {
    let entered = state
        .run_from(seen_from, |services| async move {
            services.provider_sign_in().with_id_token(request).await
        })
        .await??;
    Ok(web::Json(entered.into()))
}

/// `POST /link/idtoken`
pub(crate) async fn link(
    state: Data<AppState>,
    ElevatedCaller(caller): ElevatedCaller,
    Json(body): Json<LinkBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let LinkBody {
        provider,
        id_token,
        nonce,
    } = body;
    let proof = proof(provider, id_token, nonce);
    state
        .run(|services| async move {
            services
                .provider_sign_in()
                .link_id_token(caller, proof)
                .await
        })
        .await??;
    Ok(web::Json("OK"))
}
