//! All endpoints of a server, and what is known of the path of a request.

use std::collections::HashMap;

use actix_web::{HttpRequest, dev::ServiceRequest, http::Method, web::Data};

use super::{Endpoint, PathRules};
use crate::settings::ApiSettings;

/// Endpoints that the document lists together.
pub(crate) struct Topic {
    /// What they are about.
    pub(crate) name: &'static str,
    /// In no particular order.
    pub(crate) endpoints: Vec<Endpoint>,
}

/// The endpoints of a server.
pub(crate) struct Endpoints {
    topics: Vec<Topic>,
    prefix: String,
    /// By the pattern under which the router knows them.
    paths: HashMap<String, PathEntry>,
}

struct PathEntry {
    rules: PathRules,
    /// The methods to which the path with a slash at its end leads.
    slash_leads_to: Vec<Method>,
}

/// The path of a request as the router sees it. In [`ServiceRequest::path`] the same path may be
/// spelled otherwise: `/sign%69n`.
pub(crate) fn path_of(request: &ServiceRequest) -> &str {
    request.match_info().get_ref().path()
}

impl Endpoints {
    /// The endpoints of `topics` that a server with these settings has.
    pub(crate) fn new(topics: Vec<Topic>, settings: &ApiSettings) -> Self {
        let mut paths = HashMap::new();
        let endpoints = topics.iter().flat_map(|it| &it.endpoints);
        for endpoint in endpoints.filter(|it| it.is_served(settings)) {
            let path = endpoint.path_behind(&settings.prefix);
            let entry = paths.entry(path).or_insert_with(|| PathEntry {
                rules: endpoint.rules,
                slash_leads_to: Vec::new(),
            });
            if endpoint.forgives_slash() {
                entry.slash_leads_to.push(endpoint.method.clone());
            }
        }
        Self {
            topics,
            prefix: settings.prefix.clone(),
            paths,
        }
    }

    /// The table of the server that a request came to.
    pub(crate) fn of(request: &ServiceRequest) -> Option<&Data<Self>> {
        request.app_data::<Data<Self>>()
    }

    /// All of them by topic, also those that these settings leave out.
    pub(crate) fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The rules of the path that a request asks for, if it is one of an endpoint. A path that
    /// lacks the prefix serves nothing, but is rate-limited and bot-checked as if it had it.
    pub(crate) fn rules_for(&self, request: &ServiceRequest) -> Option<PathRules> {
        let path = path_of(request);
        let rules = self.entry(request.request(), path).map(|it| it.rules);
        rules.or_else(|| {
            let prefixed = format!("{}{path}", self.prefix);
            self.entry(request.request(), &prefixed).map(|it| it.rules)
        })
    }

    fn entry(&self, request: &HttpRequest, path: &str) -> Option<&PathEntry> {
        let pattern = request.resource_map().match_pattern(path)?;
        self.paths.get(&pattern)
    }

    /// Whether `path`, from which a trailing slash was taken, is what `request` asks for.
    pub(crate) fn is_path_without_slash(&self, request: &HttpRequest, path: &str) -> bool {
        let entry = self.entry(request, path);
        entry.is_some_and(|it| it.slash_leads_to.contains(request.method()))
    }

    /// CORS: whether pages of other origins may not read what `path` answers, and their preflights
    /// are refused: it is for the operator, or for the pages that are served here.
    pub(crate) fn is_closed_to_other_origins(&self, path: &str, prefix: &str) -> bool {
        let mut endpoints = self.topics.iter().flat_map(|it| &it.endpoints);
        endpoints.any(|it| it.closes(path, prefix))
    }
}
