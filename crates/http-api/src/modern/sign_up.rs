//! Signing up.

use actix_web::web::{self, Data};
use auth_domain::services::{EmailPasswordSignUp, SignUpOptions, SignedUp};
use serde::Deserialize;

use super::{ModernError, json::Json, reply::SignInReply};
use crate::{
    extract::members::{Email, Language, Name, Object, Password, RoleName, present},
    state::AppState,
};

/// `SignUpEmailPasswordRequest`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUpBody {
    email: Email,
    password: Password,
    #[serde(default, deserialize_with = "present")]
    options: Option<OptionsBody>,
}

/// `SignUpOptions`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OptionsBody {
    #[serde(default, deserialize_with = "present")]
    allowed_roles: Option<Vec<RoleName>>,
    #[serde(default, deserialize_with = "present")]
    default_role: Option<RoleName>,
    #[serde(default, deserialize_with = "present")]
    display_name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    locale: Option<Language>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Object>,
    #[serde(default, deserialize_with = "present")]
    redirect_to: Option<String>,
}

/// `POST /signup/email-password`
pub(crate) async fn email_password(
    state: Data<AppState>,
    Json(body): Json<SignUpBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let wish = EmailPasswordSignUp::from(body);
    let signed_up = state
        .run(|services| async move { services.sign_up.with_email_password(wish).await })
        .await??;
    Ok(web::Json(match signed_up {
        SignedUp::Session(session) => (*session).into(),
        SignedUp::VerificationPending => SignInReply::default(),
    }))
}

impl From<SignUpBody> for EmailPasswordSignUp {
    fn from(
        SignUpBody {
            email,
            password,
            options,
        }: SignUpBody,
    ) -> Self {
        Self {
            email: email.0,
            password: password.0,
            options: options.unwrap_or_default().into(),
        }
    }
}

impl From<OptionsBody> for SignUpOptions {
    fn from(body: OptionsBody) -> Self {
        let OptionsBody {
            allowed_roles,
            default_role,
            display_name,
            locale,
            metadata,
            redirect_to,
        } = body;
        Self {
            redirect_to,
            default_role: default_role.map(|it| it.0),
            allowed_roles: allowed_roles.map(|all| all.into_iter().map(|it| it.0).collect()),
            display_name: display_name.map(|it| it.0),
            locale: locale.and_then(|it| it.0),
            metadata: metadata.map(|it| it.0),
        }
    }
}
