//! Typing the code of a mail instead of following the link beside it.

use actix_web::web::{self, Data};
use auth_domain::{one_time_code::OneTimeCode, services::LinkCode, ticket::TicketPurpose};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    extract::{device::SeenFrom, members::Email},
    modern::{ErrorCode, ModernError, json::Json, reply::SignInReply},
    state::AppState,
};

/// Which mail, whose, and what it says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyCodeRequest)]
pub(crate) struct LinkCodeBody {
    email: Email,
    code: String,
    #[serde(rename = "type")]
    kind: LinkType,
}

/// The parameter `type` of the link in the mail.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum LinkType {
    EmailVerify,
    EmailConfirmChange,
    SigninPasswordless,
    PasswordReset,
}

impl From<LinkType> for TicketPurpose {
    fn from(kind: LinkType) -> Self {
        match kind {
            LinkType::EmailVerify => Self::VerifyEmail,
            LinkType::EmailConfirmChange => Self::ConfirmEmailChange,
            LinkType::SigninPasswordless => Self::SignInLink,
            LinkType::PasswordReset => Self::ResetPassword,
        }
    }
}

/// `POST /verify/code`
pub(crate) async fn post(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<LinkCodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    // What is no code is a wrong code.
    let code = OneTimeCode::parse(&body.code).map_err(|_invalid| ErrorCode::INVALID_TICKET)?;
    let attempt = LinkCode {
        email: body.email.0,
        purpose: body.kind.into(),
        code,
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.email_links().redeem_code(attempt).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn each_type_is_that_of_a_link() {
        for purpose in TicketPurpose::ALL {
            if purpose == TicketPurpose::MfaTotp {
                continue;
            }
            let kind: LinkType = from_value(json!(purpose.link_type())).unwrap();
            assert_eq!(TicketPurpose::from(kind), purpose);
        }
        assert!(from_value::<LinkType>(json!("mfaTotp")).is_err());
    }
}
