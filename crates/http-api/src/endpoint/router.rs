//! The router, made from the rows.

use actix_web::{
    Resource, Route,
    web::{self, ServiceConfig},
};

use super::Endpoints;
use crate::{fallback, settings::ApiSettings};

/// Registers every endpoint that a server with these settings has, and what answers in place of one.
pub(crate) fn configure(config: &mut ServiceConfig, endpoints: &Endpoints, settings: &ApiSettings) {
    for (path, routes) in routes_by_path(endpoints, settings) {
        let unknown_method = web::to(fallback::unknown);
        let resource = web::resource(path).default_service(unknown_method);
        config.service(routes.into_iter().fold(resource, Resource::route));
    }
    config.default_service(web::to(fallback::unknown));
}

fn routes_by_path(endpoints: &Endpoints, settings: &ApiSettings) -> Vec<(String, Vec<Route>)> {
    let mut paths: Vec<(String, Vec<Route>)> = Vec::new();
    let all = endpoints.topics().iter().flat_map(|it| &it.endpoints);
    for endpoint in all.filter(|it| it.is_served(settings)) {
        let path = endpoint.path_behind(&settings.prefix);
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, routes)) => routes.push(endpoint.route()),
            None => paths.push((path, vec![endpoint.route()])),
        }
    }
    paths
}
