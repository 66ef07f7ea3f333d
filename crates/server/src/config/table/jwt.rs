//! Settings of access tokens and their claims.

use auth_crypto::EncryptionKey;
use auth_domain::secret::Secret;
use hasura::ClaimDefinitions;
use settings::{Checked, Kind, Optional, Setting, section};
use url::Url;

use crate::config::rule;

section! {
    /// The section `jwt`, with its neighbours `hasura` and `encryption`.
    pub(super) const SECTION = "Keys and access tokens";

    SECRET: Setting<Secret, Optional> = Setting::new(
        "jwt.secret",
        "HASURA_GRAPHQL_JWT_SECRET",
        Kind::text(&rule::SECRET_JSON_OBJECT),
        "Key that signs access tokens, as JSON of the form Hasura takes it in; without it a key is \
         made in `server.data_dir`. Tokens are for its `audience`, and those that name another are refused.",
    )
    .secret();

    CUSTOM_CLAIMS: Setting<Checked<ClaimDefinitions>, Optional> = Setting::new(
        "jwt.custom_claims",
        "AUTH_JWT_CUSTOM_CLAIMS",
        Kind::text(&rule::CLAIMS),
        "Names of custom claims with the paths of their values, such as \
         `{\"organisation-id\":\"profile.organisation.id\"}`. Hasura is asked for them whenever an access \
         token is issued, for at most 5 seconds; if it fails, the token has no custom claims.",
    );

    CUSTOM_CLAIMS_DEFAULTS: Setting<String, Optional> = Setting::new(
        "jwt.custom_claims_defaults",
        "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
        Kind::text(&rule::JSON_OBJECT_TEXT),
        "Values of custom claims whose paths lead to nothing; without one such a claim says `null`.",
    )
    .part_of(&CUSTOM_CLAIMS);

    GRAPHQL_URL: Setting<Url, Optional> = Setting::new(
        "hasura.graphql_url",
        "HASURA_GRAPHQL_GRAPHQL_URL",
        Kind::text(&rule::WEB_URL),
        "Where Hasura answers GraphQL, such as `http://graphql-engine:8080/v1/graphql`; asked for the \
         values of custom claims. Its host may have a private address and no TLS without being named \
         in `egress.allowed_hosts`.",
    )
    .part_of(&CUSTOM_CLAIMS);

    ADMIN_SECRET: Setting<Secret, Optional> = Setting::new(
        "hasura.admin_secret",
        "HASURA_GRAPHQL_ADMIN_SECRET",
        Kind::text(&rule::HEADER_VALUE),
        "Hasura's admin secret, which questions to it carry.",
    )
    .secret()
    .part_of(&CUSTOM_CLAIMS);

    ENCRYPTION_KEY: Setting<EncryptionKey, Optional> = Setting::new(
        "encryption.key",
        "AUTH_ENCRYPTION_KEY",
        Kind::text(&rule::ENCRYPTION_KEY),
        "Key that encrypts stored secrets of second factors, 64 hexadecimal digits; without it the one \
         in `server.data_dir` is used, or one derived from `jwt.secret`.",
    )
    .secret()
    .protective();
}
