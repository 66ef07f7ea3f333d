//! Custom claims, asked of Hasura over GraphQL.
//!
//! An operator names claims and the paths of their values, such as `profile.organisation.id`.
//! [`ClaimDefinitions`] reads them once and makes of all paths one query about a user.
//! [`HasuraClaims`] sends it at every issue of an access token, follows the paths in the answer,
//! and writes what they lead to as the text that Hasura reads session variables from.
//!
//! Query, paths and texts are those of Hasura Auth 0.42, which took its paths from Kubernetes
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
