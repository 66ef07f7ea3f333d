//! Moving an account to another phone number.

use actix_web::web::{self, Data};
use auth_domain::one_time_code::OneTimeCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ErrorCode, ModernError,
    caller::{ElevatedCaller, OpenCaller},
    json::Json,
};
use crate::{extract::members::Phone, state::AppState};

/// The number to have from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserPhoneChangeRequest)]
pub(crate) struct ChangeBody {
    new_phone_number: Phone,
}

/// `POST /user/phone/change`
pub(crate) async fn change(
    state: Data<AppState>,
    ElevatedCaller(caller): ElevatedCaller,
    Json(body): Json<ChangeBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let number = body.new_phone_number.0;
    state
        .run(move |services| async move { services.phone_change().request(caller, number).await })
        .await??;
    Ok(web::Json("OK"))
}

/// The code that was sent to that number.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserPhoneChangeVerifyRequest)]
pub(crate) struct VerifyBody {
    new_phone_number: Phone,
    otp: String,
}

/// `POST /user/phone/change/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    // What is no code is a wrong code.
    let wrong = |_invalid| ModernError::TextedCode(ErrorCode::INVALID_OTP);
    let code = OneTimeCode::parse(&body.otp).map_err(wrong)?;
    let number = body.new_phone_number.0;
    state
        .run(move |services| async move {
            services
                .phone_change()
                .confirm(caller, &number, &code)
                .await
        })
        .await??;
    Ok(web::Json("OK"))
}
