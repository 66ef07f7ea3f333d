//! Custom claims, queried from Hasura over GraphQL.
//!
//! An operator names claims and the paths of their values, such as `profile.organisation.id`.
//! [`ClaimDefinitions`] reads them once and makes one query about a user of all paths.
//! [`HasuraClaims`] sends it whenever an access token is issued, follows the paths in the response,
//! and writes the values as Hasura reads session variables.
//!
//! Query, paths and values are those of Hasura Auth 0.42, which took its paths from Kubernetes
//! (<https://kubernetes.io/docs/reference/kubectl/jsonpath/>).

mod definitions;
mod path;
mod query;
mod refused;
mod reply;
mod source;
mod text;

pub use self::{
    definitions::{ClaimDefinitions, InvalidClaims, InvalidDefaults, UnreadablePath},
    path::InvalidPath,
    source::{GraphqlEndpoint, HasuraClaims},
};
