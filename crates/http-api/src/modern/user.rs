//! The current user.

use actix_web::web::{self, Data};

use super::{ModernError, caller::Caller, reply::UserReply};
use crate::state::AppState;

/// `GET /user`
pub(crate) async fn get(
    state: Data<AppState>,
    Caller(caller): Caller,
) -> Result<web::Json<UserReply>, ModernError> {
    let user = state
        .run(move |services| async move { services.current_user().get(caller).await })
        .await??;
    Ok(web::Json(user.into()))
}
