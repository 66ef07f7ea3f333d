//! Settings of access tokens and of what they say.

use super::{Kind, Rule, Section, Setting};

pub(crate) const SECRET: Setting = Setting::new(
    "jwt.secret",
    "HASURA_GRAPHQL_JWT_SECRET",
    Kind::Text(&Rule::JSON_OBJECT),
    "Key that signs access tokens, as JSON of the form Hasura takes it in; without it a key is \
     made in `server.data_dir`. Tokens are for its `audience`, and those that name another are refused.",
)
.secret();

pub(crate) const CUSTOM_CLAIMS: Setting = Setting::new(
    "jwt.custom_claims",
    "AUTH_JWT_CUSTOM_CLAIMS",
    Kind::Text(&Rule::JSON_OBJECT),
    "Names of custom claims with the paths of their values, such as \
     `{\"organisation-id\":\"profile.organisation.id\"}`. Hasura is asked for them whenever an access \
     token is issued, for at most 5 seconds; if it fails, the token has no custom claims.",
);

pub(crate) const CUSTOM_CLAIMS_DEFAULTS: Setting = Setting::new(
    "jwt.custom_claims_defaults",
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
    Kind::Text(&Rule::JSON_OBJECT),
    "Values of custom claims whose paths lead to nothing; without one such a claim says `null`.",
)
.part_of(&CUSTOM_CLAIMS);

pub(crate) const GRAPHQL_URL: Setting = Setting::new(
    "hasura.graphql_url",
    "HASURA_GRAPHQL_GRAPHQL_URL",
    Kind::Text(&Rule::WEB_URL),
    "Where Hasura answers GraphQL, such as `http://graphql-engine:8080/v1/graphql`; asked for the \
     values of custom claims. Its host may have a private address and no TLS without being named \
     in `egress.allowed_hosts`.",
)
.part_of(&CUSTOM_CLAIMS);

pub(crate) const ADMIN_SECRET: Setting = Setting::new(
    "hasura.admin_secret",
    "HASURA_GRAPHQL_ADMIN_SECRET",
    Kind::Text(&Rule::HEADER_VALUE),
    "Hasura's admin secret, which questions to it carry.",
)
.secret()
.part_of(&CUSTOM_CLAIMS);

pub(crate) const ENCRYPTION_KEY: Setting = Setting::new(
    "encryption.key",
    "AUTH_ENCRYPTION_KEY",
    Kind::Text(&Rule::ENCRYPTION_KEY),
    "Key that encrypts stored secrets of second factors, 64 hexadecimal digits; without it the one \
     in `server.data_dir` is used, or one derived from `jwt.secret`.",
)
.secret()
.protective();

/// The section `jwt`, with its neighbours `hasura` and `encryption`.
pub(super) const SECTION: Section = Section {
    title: "Keys and access tokens",
    settings: &[
        SECRET,
        CUSTOM_CLAIMS,
        CUSTOM_CLAIMS_DEFAULTS,
        GRAPHQL_URL,
        ADMIN_SECRET,
        ENCRYPTION_KEY,
    ],
};
