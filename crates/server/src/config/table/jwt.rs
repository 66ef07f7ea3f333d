//! Settings of access tokens and of what they say.

use super::{Kind, Rule, Section, Setting};

const CUSTOM_CLAIMS: &str = "put custom claims into access tokens yet";
const HASURA: &str = "talk to Hasura yet";

pub(crate) const SECRET: Setting = Setting::new(
    "jwt.secret",
    "HASURA_GRAPHQL_JWT_SECRET",
    Kind::Text(&Rule::JSON_OBJECT),
    "Key that signs access tokens, as JSON of the form Hasura takes it in; without it a key is \
     made in `server.data_dir`.",
)
.secret();

const CUSTOM_CLAIM_PATHS: Setting = Setting::new(
    "jwt.custom_claims",
    "AUTH_JWT_CUSTOM_CLAIMS",
    Kind::Text(&Rule::JSON_OBJECT),
    "Names of custom claims with the paths of their values.",
)
.not_yet(CUSTOM_CLAIMS);

const CUSTOM_CLAIMS_DEFAULTS: Setting = Setting::new(
    "jwt.custom_claims_defaults",
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
    Kind::Text(&Rule::JSON_OBJECT),
    "Values of custom claims that have none.",
)
.not_yet(CUSTOM_CLAIMS);

const GRAPHQL_URL: Setting = Setting::new(
    "hasura.graphql_url",
    "HASURA_GRAPHQL_GRAPHQL_URL",
    Kind::Text(&Rule::WEB_URL),
    "Where Hasura answers GraphQL.",
)
.not_yet(HASURA);

const ADMIN_SECRET: Setting = Setting::new(
    "hasura.admin_secret",
    "HASURA_GRAPHQL_ADMIN_SECRET",
    Kind::Text(&Rule::ANY),
    "Hasura's admin secret.",
)
.secret()
.not_yet(HASURA);

pub(crate) const ENCRYPTION_KEY: Setting = Setting::new(
    "encryption.key",
    "AUTH_ENCRYPTION_KEY",
    Kind::Text(&Rule::ENCRYPTION_KEY),
    "Key that encrypts stored secrets of second factors, 64 hexadecimal digits; without it the one \
     in `server.data_dir` is used, or one derived from `jwt.secret`.",
)
.secret();

/// The section `jwt`, with its neighbours `hasura` and `encryption`.
pub(super) const SECTION: Section = Section {
    title: "Keys and access tokens",
    settings: &[
        SECRET,
        CUSTOM_CLAIM_PATHS,
        CUSTOM_CLAIMS_DEFAULTS,
        GRAPHQL_URL,
        ADMIN_SECRET,
        ENCRYPTION_KEY,
    ],
};
