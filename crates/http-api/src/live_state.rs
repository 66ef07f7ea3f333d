//! Settings that change while the server serves (`AUTH_ENABLE_CHANGE_ENV`).

use std::{rc::Rc, sync::Arc};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use async_trait::async_trait;
use auth_domain::error::Cause;
use serde_json::{Map, Value};

use crate::state::AppState;

/// A server whose settings change while it serves.
#[async_trait]
pub trait LiveState: Send + Sync {
    /// The state that serves a request which begins now, to its end.
    fn newest(&self) -> Data<AppState>;

    /// Replaces the settings that these members name. Requests that begin after it returned are
    /// served with all of them. Of concurrent changes, none is lost.
    ///
    /// # Errors
    ///
    /// On an error nothing is changed.
    async fn change(&self, members: Map<String, Value>) -> Result<(), ChangeError>;
}

/// Why settings were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The new settings are invalid. The text tells which and why, and no secret.
    #[error("{0}")]
    Refused(String),
    /// A failure of the server.
    #[error("settings cannot be changed now")]
    Failed(#[source] Cause),
}

/// Serves a request with the newest state instead of the one that the server started with.
pub(crate) async fn serve_with_newest(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let newest = request
        .app_data::<Data<dyn LiveState>>()
        .map(|it| it.newest());
    if let Some(newest) = newest {
        let mut data = Extensions::new();
        data.insert(newest);
        request.add_data_container(Rc::new(data));
    }
    next.call(request).await
}

/// As handlers take it.
pub(crate) fn data(live: &Arc<dyn LiveState>) -> Data<dyn LiveState> {
    Data::from(Arc::clone(live))
}
