//! An endpoint: one row of [`endpoints`](crate::endpoints), from which everything else follows.
//!
//! The router, the OpenAPI document, the rate limits, the bot check, CORS, the log and the rule on
//! trailing slashes all read the row; none of them knows a path of its own.

mod any_handler;
mod path_rules;
pub(crate) mod router;
mod switch;
mod table;
mod words;

use actix_web::{Route, http::Method};
use serde_json::Value;

use self::{
    any_handler::{AnyHandler, AsRow},
    words::Words,
};
use crate::{
    error_code::ErrorCode, openapi::operation::Operation, request_limits::Limit,
    settings::ApiSettings,
};

pub(crate) use self::{
    path_rules::{BotCheckRule, Generation, PathRules},
    switch::Switch,
    table::{Endpoints, Topic, path_of},
};

/// One endpoint of the server.
pub(crate) struct Endpoint {
    method: Method,
    path: &'static str,
    place: Place,
    rules: PathRules,
    origins: Origins,
    is_listed: bool,
    is_served: fn(&ApiSettings) -> bool,
    handler: Box<dyn AnyHandler>,
    words: Words,
}

/// Where the path of an endpoint begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BehindPrefix,
    Root,
}

/// CORS: the origins whose pages may read what an endpoint answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origins {
    Any,
    /// This server's alone.
    Own,
    /// The same for everything below the path.
    OwnBelow,
}

/// An endpoint of the modern generation that answers `GET`.
pub(crate) fn get<Arguments>(path: &'static str, handler: impl AsRow<Arguments>) -> Endpoint {
    Endpoint::new(Method::GET, path, handler.erased())
}

/// An endpoint of the modern generation that answers `HEAD`.
pub(crate) fn head<Arguments>(path: &'static str, handler: impl AsRow<Arguments>) -> Endpoint {
    Endpoint::new(Method::HEAD, path, handler.erased())
}

/// An endpoint of the modern generation that answers `POST`.
pub(crate) fn post<Arguments>(path: &'static str, handler: impl AsRow<Arguments>) -> Endpoint {
    Endpoint::new(Method::POST, path, handler.erased())
}

impl Endpoint {
    fn new(method: Method, path: &'static str, handler: Box<dyn AnyHandler>) -> Self {
        Self {
            method,
            path,
            place: Place::BehindPrefix,
            rules: PathRules::default(),
            origins: Origins::Any,
            is_listed: true,
            is_served: |_| true,
            handler,
            words: Words::default(),
        }
    }

    /// It belongs to the legacy generation, whose paths have no prefix.
    pub(crate) fn legacy(mut self) -> Self {
        self.rules.generation = Generation::Legacy;
        self.at_root()
    }

    /// Its path has no prefix, whatever that of the API is.
    pub(crate) fn at_root(mut self) -> Self {
        self.place = Place::Root;
        self
    }

    /// It is no part of the API, but a page or a file: the document leaves it out, and no trailing
    /// slash leads to it.
    pub(crate) fn unlisted(mut self) -> Self {
        self.is_listed = false;
        self
    }

    /// Served only with such settings.
    pub(crate) fn served_if(mut self, is_served: fn(&ApiSettings) -> bool) -> Self {
        self.is_served = is_served;
        self
    }

    /// The setting that switches it on, for the log: the code `disabled-endpoint` does not say.
    pub(crate) fn switched_by(mut self, setting: &'static str) -> Self {
        self.rules.switch = Some(Switch::Setting(setting));
        self
    }

    /// The setting of the provider in its path switches it on, for the log.
    pub(crate) fn switched_by_provider(mut self) -> Self {
        self.rules.switch = Some(Switch::Provider);
        self
    }

    /// Requests count against these limits, beside the one that holds for all.
    pub(crate) fn rate_limits(mut self, limits: &'static [Limit]) -> Self {
        self.rules.rate_limits = limits;
        self
    }

    /// Bot check: requests of programs are refused.
    pub(crate) fn bot_check(mut self, rule: BotCheckRule) -> Self {
        self.rules.bot_check = rule;
        self
    }

    /// A probe, which load balancers and orchestrators send every few seconds: it counts against no
    /// rate limit and is not logged.
    pub(crate) fn probe(mut self) -> Self {
        self.rules.is_probe = true;
        self
    }

    /// CORS: pages of other origins may not read what it answers, and their preflights are refused.
    pub(crate) fn for_own_origin(mut self) -> Self {
        self.origins = Origins::Own;
        self
    }

    /// The same for everything below its path.
    pub(crate) fn for_own_origin_below(mut self) -> Self {
        self.origins = Origins::OwnBelow;
        self
    }

    /// What it is for.
    pub(crate) fn summary(mut self, text: &'static str) -> Self {
        self.words.summary = text;
        self
    }

    /// An id of its own, where method and path do not make one.
    pub(crate) fn id(mut self, id: &'static str) -> Self {
        self.words.id = Some(id);
        self
    }

    /// More about it than the summary says.
    pub(crate) fn about(mut self, text: &'static str) -> Self {
        self.words.about = Some(text);
        self
    }

    /// What a success means.
    pub(crate) fn success(mut self, text: &'static str) -> Self {
        self.words.success = Some(text);
        self
    }

    /// More rows of the error table that it may answer.
    pub(crate) fn errors(mut self, codes: &'static [ErrorCode]) -> Self {
        self.words.errors.push(codes);
        self
    }

    /// A body to try it with.
    pub(crate) fn example(mut self, body: fn() -> Value) -> Self {
        self.words.example = Some(body);
        self
    }

    /// What the document says beyond that, and the type of the handler does not tell: parameters,
    /// redirects, bodies that are built by hand.
    pub(crate) fn details(mut self, add: fn(Operation) -> Operation) -> Self {
        self.words.details = Some(add);
        self
    }

    /// What the document says of it.
    pub(crate) fn describe(&self) -> Operation {
        let operation = Operation::new(&self.method, self.path, self.rules.generation);
        self.words.add_to(self.handler.describe(operation))
    }

    /// The path under which it is served where the API has this prefix.
    pub(crate) fn path_behind(&self, prefix: &str) -> String {
        match self.place {
            Place::BehindPrefix => format!("{prefix}{}", self.path),
            Place::Root => self.path.to_owned(),
        }
    }

    /// Whether the document lists it.
    pub(crate) fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// Whether a server with these settings has it.
    pub(crate) fn is_served(&self, settings: &ApiSettings) -> bool {
        (self.is_served)(settings)
    }

    /// What holds for every request to its path.
    #[cfg(test)]
    pub(crate) fn rules(&self) -> PathRules {
        self.rules
    }

    fn route(&self) -> Route {
        self.handler.route(self.method.clone())
    }

    /// Whether its path with a slash at its end leads to it, as the original's router does.
    fn forgives_slash(&self) -> bool {
        let is_of_api =
            self.place == Place::BehindPrefix || self.rules.generation == Generation::Legacy;
        self.is_listed && is_of_api
    }

    /// CORS: whether `path` is closed to pages of other origins because of this endpoint; also
    /// where it is not served, and with or without the prefix.
    fn closes(&self, path: &str, prefix: &str) -> bool {
        let path = match self.place {
            Place::BehindPrefix => path.strip_prefix(prefix).unwrap_or(path),
            Place::Root => path,
        };
        match (self.origins, path.strip_prefix(self.path)) {
            (Origins::Any, _) | (_, None) => false,
            (Origins::Own, Some(below)) => below.is_empty(),
            (Origins::OwnBelow, Some(below)) => below.is_empty() || below.starts_with('/'),
        }
    }
}
