//! One-time passwords of an authenticator app, and recovery codes.

use actix_web::web::{self, Data};
use auth_domain::{
    services::{SecondFactorProof, SecondFactorSignIn, TotpEnrolment},
    ticket::{Ticket, TicketPurpose},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    ModernError,
    caller::{FactorAddingCaller, OpenCaller},
    json::Json,
    reply::SignInReply,
    ticket,
};
use crate::{extract::device::SeenFrom, extract::schema::schema, state::AppState};

/// What an authenticator app has to know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TotpGenerateResponse)]
pub(crate) struct EnrolmentReply {
    image_url: String,
    totp_secret: String,
}

impl From<TotpEnrolment> for EnrolmentReply {
    fn from(enrolment: TotpEnrolment) -> Self {
        Self {
            image_url: enrolment.picture.data_url().expose().to_owned(),
            totp_secret: enrolment.secret.base32().expose().to_owned(),
        }
    }
}

/// `GET /mfa/totp/generate`
pub(crate) async fn generate(
    state: Data<AppState>,
    FactorAddingCaller(caller): FactorAddingCaller,
) -> Result<web::Json<EnrolmentReply>, ModernError> {
    let enrolment = state
        .run(move |services| async move { services.second_factor().generate(caller).await })
        .await??;
    Ok(web::Json(enrolment.into()))
}

/// The factor to have from now on.
#[derive(Default, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = WantedMfaType)]
enum ActiveMfaType {
    #[default]
    #[serde(rename = "")]
    Nothing,
    #[serde(rename = "totp")]
    Totp,
}

/// The factor to have, and a code that proves it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserMfaRequest)]
pub(crate) struct UserMfaBody {
    code: String,
    #[serde(default)]
    active_mfa_type: ActiveMfaType,
}

/// `POST /user/mfa`
pub(crate) async fn change(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<UserMfaBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let proof = SecondFactorProof::read(&body.code);
    let wanted = body.active_mfa_type;
    state
        .run_from(seen_from, move |services| async move {
            match wanted {
                ActiveMfaType::Totp => services.second_factor().activate(caller, proof).await,
                ActiveMfaType::Nothing => services.second_factor().deactivate(caller, proof).await,
            }
        })
        .await??;
    Ok(web::Json("OK"))
}

/// The second step of a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInMfaTotpRequest)]
pub(crate) struct SignInBody {
    ticket: MfaTicket,
    otp: String,
}

/// Text that begins like a ticket for a second factor.
struct MfaTicket(Option<Ticket>);

schema!(
    MfaTicket,
    "MfaTicket",
    ticket::schema(TicketPurpose::MfaTotp)
);

impl<'de> Deserialize<'de> for MfaTicket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ticket::deserialize(deserializer, TicketPurpose::MfaTotp).map(Self)
    }
}

/// `POST /signin/mfa/totp`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignInBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let attempt = SecondFactorSignIn {
        ticket: body.ticket.0,
        proof: SecondFactorProof::read(&body.otp),
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.second_factor().sign_in(attempt).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

/// The body of `POST /mfa/recovery-codes`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecoveryCodesRequest)]
pub(crate) struct RecoveryCodesBody {
    code: String,
}

/// The only answer that ever shows recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecoveryCodesResponse)]
pub(crate) struct RecoveryCodesReply {
    recovery_codes: Vec<String>,
}

/// `POST /mfa/recovery-codes`: an endpoint of ours.
pub(crate) async fn renew_recovery_codes(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<RecoveryCodesBody>,
) -> Result<web::Json<RecoveryCodesReply>, ModernError> {
    let proof = SecondFactorProof::read(&body.code);
    let codes = state
        .run_from(seen_from, move |services| async move {
            services
                .second_factor()
                .renew_recovery_codes(caller, proof)
                .await
        })
        .await??;
    let recovery_codes = codes
        .iter()
        .map(|code| code.shown().expose().to_owned())
        .collect();
    Ok(web::Json(RecoveryCodesReply { recovery_codes }))
}
