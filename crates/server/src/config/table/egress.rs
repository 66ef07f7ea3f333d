//! Settings of requests to other servers.

use super::{Kind, Rule, Section, Setting};

pub(crate) const ALLOWED_HOSTS: Setting = Setting::new(
    "egress.allowed_hosts",
    "AUTH_EGRESS_ALLOWED_HOSTS",
    Kind::List(&Rule::URL_HOST),
    "Hosts that this server may send requests to although they have a private address or no TLS, \
     such as `templates.internal`; exactly these, without their subdomains. The host of \
     `hasura.graphql_url` is allowed for custom claims anyway.",
);

/// The section `egress`.
pub(super) const SECTION: Section = Section {
    title: "Requests to other servers",
    settings: &[ALLOWED_HOSTS],
};
