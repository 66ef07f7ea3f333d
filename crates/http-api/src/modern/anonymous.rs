//! Anonymous users.

use actix_web::web::{self, Data};
use auth_domain::{
    services::{AnonymousSignIn, Deanonymize, DeanonymizeBySms, DeanonymizeMethod},
    user::AnonymousName,
};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::ToSchema;

use super::{
    ErrorCode, ModernError,
    caller::OpenCaller,
    json::{Json, OptionalJson},
    options::OptionsBody,
    reply::SignInReply,
};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Challenge, Email, Language, Object, Password, Phone, non_null, non_null_object},
        schema::{schema, text},
    },
    state::AppState,
};

/// What an anonymous user may have from the start.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInAnonymousRequest)]
pub(crate) struct AnonymousBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    display_name: Option<AnyName>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    locale: Option<Language>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    metadata: Option<Object>,
}

/// A name without a pattern, as the original has it here; only its length is bounded, and it stays on
/// its line.
struct AnyName(AnonymousName);

schema!(
    AnyName,
    "AnonymousDisplayName",
    text()
        .pattern(Some(r"^[^\x00-\x1F\x7F-\x9F]*$"))
        .max_length(Some(AnonymousName::MAX_CHARS))
);

impl<'de> Deserialize<'de> for AnyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AnonymousName::parse(&text).map(Self).map_err(Error::custom)
    }
}

/// `POST /signin/anonymous`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OptionalJson(body): OptionalJson<AnonymousBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let AnonymousBody {
        display_name,
        locale,
        metadata,
    } = body.unwrap_or_default();
    let request = AnonymousSignIn {
        display_name: display_name.map(|it| it.0),
        locale: locale.and_then(|it| it.0),
        metadata: metadata.map(|it| it.0),
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.anonymous().sign_in(request).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

/// How an anonymous user is known from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserDeanonymizeRequest)]
pub(crate) struct DeanonymizeBody {
    sign_in_method: Method,
    email: Email,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    password: Option<Password>,
    /// Accepted and without effect, as in the original.
    #[serde(default, rename = "connection", deserialize_with = "non_null")]
    #[schema(nullable = false)]
    _connection: Option<String>,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

/// How they sign in afterwards.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DeanonymizeMethod)]
enum Method {
    EmailPassword,
    Passwordless,
}

/// `POST /user/deanonymize`
pub(crate) async fn deanonymize(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<DeanonymizeBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let method = match (body.sign_in_method, body.password) {
        (Method::EmailPassword, Some(password)) => DeanonymizeMethod::Password(password.0),
        (Method::EmailPassword, None) => return Err(ErrorCode::INVALID_REQUEST.into()),
        (Method::Passwordless, _) => DeanonymizeMethod::EmailLink,
    };
    let request = Deanonymize {
        email: body.email.0,
        method,
        options: body.options.unwrap_or_default().into(),
        code_challenge: body.code_challenge.map(|it| it.0),
    };
    state
        .run_from(seen_from, move |services| async move {
            services.anonymous().deanonymize(caller, request).await
        })
        .await??;
    Ok(web::Json("OK"))
}

/// The phone number an anonymous user is known by from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserDeanonymizeSmsRequest)]
pub(crate) struct DeanonymizeSmsBody {
    phone_number: Phone,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
}

/// `POST /user/deanonymize/sms`
pub(crate) async fn deanonymize_by_sms(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<DeanonymizeSmsBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let request = DeanonymizeBySms {
        phone_number: body.phone_number.0,
        options: body.options.unwrap_or_default().into(),
    };
    state
        .run(move |services| async move {
            services
                .anonymous()
                .deanonymize_by_sms(caller, request)
                .await
        })
        .await??;
    Ok(web::Json("OK"))
}
