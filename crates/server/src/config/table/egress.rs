//! Settings of requests to other servers.

use settings::{Kind, Optional, Setting, section};

use crate::config::rule;

section! {
    /// The section `egress`.
    pub(super) const SECTION = "Requests to other servers";

    ALLOWED_HOSTS: Setting<Vec<String>, Optional> = Setting::new(
        "egress.allowed_hosts",
        "AUTH_EGRESS_ALLOWED_HOSTS",
        Kind::list(&rule::URL_HOST),
        "Hosts that this server may send requests to although they have a private address or no TLS, \
         such as `templates.internal`; exactly these, without their subdomains. The host of \
         `hasura.graphql_url` is allowed for custom claims anyway.",
    );
}
