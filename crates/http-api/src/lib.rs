//! Both generations of the HTTP API over the services of `auth-domain`.
//!
//! A handler decodes, calls one service and encodes; it decides nothing about a user. The two
//! generations ([`modern`], [`legacy`]) share services, not handlers: each has its wire types and
//! its table of errors. `endpoints` is the whole API, one row each.

#![expect(
    clippy::future_not_send,
    reason = "requests of actix-web stay on the worker that accepted them"
)]

mod asking_page;
mod client_address;
mod compat;
mod console;
mod direct_request;
mod embedded;
mod endpoint;
mod endpoints;
mod error_code;
mod extract;
mod fallback;
mod interrupted;
mod landing;
pub mod legacy;
mod live_state;
mod middleware;
pub mod modern;
mod openapi;
mod outbox;
mod readiness;
mod refusal;
mod request_limits;
mod seen_from;
mod settings;
mod state;
mod waiting;

pub use client_address::{InvalidProxy, TrustedProxies};
pub use compat::Compat;
pub use landing::LANDING_PATH;
pub use live_state::{ChangeError, LiveState};
pub use outbox::{KeptMessage, Outbox, OutboxKey};
pub use pages::outbox::Message as OutboxMessage;
pub use request_limits::RequestLimits;
pub use settings::{ApiSettings, LegacySettings, SameSiteRule};
pub use state::AppState;
pub use waiting::waiting_app;

use std::sync::Arc;

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::{Condition, from_fn},
    web::Data,
};

use self::endpoint::{Endpoints, router};

/// The application an HTTP server serves: every endpoint, with logging, CORS and panic protection.
///
/// With `live`, requests are served with its newest state; `state` tells which endpoints there are.
pub fn app(
    state: &Data<AppState>,
    live: Option<&Arc<dyn LiveState>>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let settings = state.settings().clone();
    let endpoints = Data::new(Endpoints::new(endpoints::topics(), &settings));
    let app = App::new()
        .app_data(state.clone())
        .app_data(endpoints.clone());
    let app = match live {
        Some(live) => app.app_data(live_state::data(live)),
        None => app,
    };
    app.configure(move |config| router::configure(config, &endpoints, &settings))
        .wrap(from_fn(middleware::rate_limit::refuse_too_many))
        .wrap(from_fn(middleware::bot_check::require_bot_check))
        .wrap(from_fn(modern::render_errors))
        .wrap(from_fn(middleware::no_store::forbid_caching))
        .wrap(from_fn(middleware::panics::answer_500))
        .wrap(from_fn(middleware::cors::add_headers))
        .wrap(from_fn(middleware::request_log::log))
        .wrap(from_fn(middleware::endpoint_rules::find))
        .wrap(Condition::new(
            live.is_some(),
            from_fn(live_state::serve_with_newest),
        ))
}
