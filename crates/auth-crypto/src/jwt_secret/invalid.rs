//! Why a text is no JWT secret.

use auth_domain::error::Cause;

use crate::algorithm::Algorithm;

/// Why a text is no JWT secret. No message repeats any of it: a value in the wrong place may be the
/// key.
#[derive(Debug, thiserror::Error)]
pub enum InvalidJwtSecret {
    /// It is not JSON.
    #[error("the JWT secret is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is some other JSON.
    #[error("the JWT secret is not a JSON object")]
    NotAnObject,
    /// A member is missing, null or empty.
    #[error("the JWT secret has no `{member}`")]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A member is not a string.
    #[error("`{member}` of the JWT secret is not a string")]
    NotText {
        /// The member.
        member: &'static str,
    },
    /// `audience` is neither a string nor a list of them.
    #[error("`audience` of the JWT secret is neither a string nor a list of strings")]
    NotAnAudience,
    /// `type` names no algorithm, or one that is not supported.
    #[error("`type` of the JWT secret is not one of {}", Algorithm::NAMES)]
    UnknownType,
    /// A member is not the kind of key that belongs there.
    #[error("`{member}` of the JWT secret is not an unencrypted key in PEM")]
    NotPem {
        /// The member.
        member: &'static str,
        /// What OpenSSL says.
        source: Cause,
    },
    /// The private key is of another kind than `type`, or too short for it.
    #[error("`signing_key` of the JWT secret is not {needs}, which its `type` needs")]
    UnfitKey {
        /// What is needed.
        needs: &'static str,
    },
    /// The public key that was given does not verify tokens of the private key.
    #[error("`key` of the JWT secret is not the public half of its `signing_key`")]
    UnpairedKeys,
    /// Hasura's claims would replace another claim.
    #[error(
        "`claims_namespace` of the JWT secret is the name of a registered claim, or of one that no session token has"
    )]
    ReservedNamespace,
    /// `claims_namespace_path` cannot be followed.
    #[error(
        "`claims_namespace_path` of the JWT secret is not a path of names such as `$` or `$.hasura.claims`"
    )]
    NotAPath,
    /// A whole payload cannot be a string.
    #[error(
        "`claims_namespace_path` of the JWT secret is `$`, and `claims_format` is `stringified_json`, \
         which needs a claim to put the text into"
    )]
    StringifiedPayload,
    /// The key is broken in a way that has no name here.
    #[error("the key in the JWT secret cannot be used")]
    Unusable(#[source] Cause),
}
