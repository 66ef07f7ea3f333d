//! Anonymous users.

use actix_web::web::{self, Data};
use auth_domain::services::{AnonymousSignIn, Deanonymize, DeanonymizeMethod};
use serde::{Deserialize, Deserializer, de::Error};

use super::{
    ErrorCode, ModernError,
    caller::Caller,
    json::{Json, OptionalJson},
    options::OptionsBody,
    reply::SignInReply,
};
use crate::{
    extract::members::{Challenge, Email, Language, Object, Password, present},
    state::AppState,
};

/// `SignInAnonymousRequest`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnonymousBody {
    #[serde(default, deserialize_with = "present")]
    display_name: Option<AnyName>,
    #[serde(default, deserialize_with = "present")]
    locale: Option<Language>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Object>,
}

/// A name without a pattern, as the original has it here; only its length is bounded.
struct AnyName(String);

impl<'de> Deserialize<'de> for AnyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().count() > 255 || text.chars().any(char::is_control) {
            return Err(Error::custom(
                "up to 255 characters and no control characters",
            ));
        }
        Ok(Self(text))
    }
}

/// `POST /signin/anonymous`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    OptionalJson(body): OptionalJson<AnonymousBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let AnonymousBody {
        display_name,
        locale,
        metadata,
    } = body.unwrap_or_default();
    let wish = AnonymousSignIn {
        display_name: display_name.map(|it| it.0),
        locale: locale.and_then(|it| it.0),
        metadata: metadata.map(|it| it.0),
    };
    let session = state
        .run(|services| async move { services.anonymous.sign_in(wish).await })
        .await??;
    Ok(web::Json(session.into()))
}

/// `UserDeanonymizeRequest`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeanonymizeBody {
    sign_in_method: Method,
    email: Email,
    #[serde(default, deserialize_with = "present")]
    password: Option<Password>,
    /// Accepted and without effect, as in the original.
    #[serde(default, rename = "connection", deserialize_with = "present")]
    _connection: Option<String>,
    #[serde(default, deserialize_with = "present")]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "present")]
    code_challenge: Option<Challenge>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    EmailPassword,
    Passwordless,
}

/// `POST /user/deanonymize`
pub(crate) async fn deanonymize(
    state: Data<AppState>,
    Caller(caller): Caller,
    Json(body): Json<DeanonymizeBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let method = match (body.sign_in_method, body.password) {
        (Method::EmailPassword, Some(password)) => DeanonymizeMethod::Password(password.0),
        (Method::EmailPassword, None) => return Err(ErrorCode::INVALID_REQUEST.into()),
        (Method::Passwordless, _) => DeanonymizeMethod::EmailLink,
    };
    let wish = Deanonymize {
        email: body.email.0,
        method,
        options: body.options.unwrap_or_default().into(),
        code_challenge: body.code_challenge.map(|it| it.0),
    };
    state
        .run(move |services| async move { services.anonymous.deanonymize(caller, wish).await })
        .await??;
    Ok(web::Json("OK"))
}
