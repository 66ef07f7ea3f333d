//! What a browser is asked for, as `navigator.credentials` takes it (Web Authentication §5.4, §5.5):
//! bare, and not in a member `publicKey`, as Hasura Auth answers it.

use auth_domain::security_key::{
    ALGORITHMS, CreationOptions, CredentialId, RelyingParty, RequestOptions,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What it takes to make a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKeyCredentialCreationOptions)]
pub(crate) struct CreationOptionsReply {
    rp: RelyingPartyReply,
    user: UserEntityReply,
    challenge: String,
    pub_key_cred_params: Vec<ParametersReply>,
    timeout: u64,
    /// There even if it is empty, unlike in the original: clients before nhost-js 3 read it unseen.
    exclude_credentials: Vec<DescriptorReply>,
    authenticator_selection: SelectionReply,
    attestation: &'static str,
}

/// What it takes to use a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKeyCredentialRequestOptions)]
pub(crate) struct RequestOptionsReply {
    challenge: String,
    timeout: u64,
    rp_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    allow_credentials: Vec<DescriptorReply>,
    user_verification: &'static str,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialRpEntity)]
struct RelyingPartyReply {
    id: String,
    name: String,
}

/// Whom the key is for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKeyCredentialUserEntity)]
struct UserEntityReply {
    /// The id as text; it is not base64url.
    id: String,
    name: String,
    display_name: String,
}

/// An algorithm that may be used.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialParameters)]
struct ParametersReply {
    r#type: &'static str,
    alg: i32,
}

/// A key that is known.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialDescriptor)]
struct DescriptorReply {
    r#type: &'static str,
    id: String,
}

/// Which authenticators will do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuthenticatorSelectionCriteria)]
struct SelectionReply {
    require_resident_key: bool,
    resident_key: &'static str,
    user_verification: &'static str,
}

const PUBLIC_KEY: &str = "public-key";

const PREFERRED: &str = "preferred";

impl From<CreationOptions> for CreationOptionsReply {
    fn from(options: CreationOptions) -> Self {
        let parameters = |alg| ParametersReply {
            r#type: PUBLIC_KEY,
            alg,
        };
        Self {
            rp: RelyingPartyReply {
                id: options.relying_party.id().to_owned(),
                name: options.relying_party.name().to_owned(),
            },
            user: UserEntityReply {
                id: options.user_id.to_string(),
                name: options.user_name.clone(),
                display_name: options.user_name,
            },
            challenge: options.challenge.text(),
            pub_key_cred_params: ALGORITHMS.map(parameters).into(),
            timeout: timeout(&options.relying_party),
            exclude_credentials: descriptors(&options.excluded),
            authenticator_selection: SelectionReply {
                require_resident_key: false,
                resident_key: PREFERRED,
                user_verification: PREFERRED,
            },
            attestation: "indirect",
        }
    }
}

impl From<RequestOptions> for RequestOptionsReply {
    fn from(options: RequestOptions) -> Self {
        Self {
            challenge: options.challenge.text(),
            timeout: timeout(&options.relying_party),
            rp_id: options.relying_party.id().to_owned(),
            allow_credentials: descriptors(&options.allowed),
            user_verification: PREFERRED,
        }
    }
}

/// In milliseconds.
fn timeout(relying_party: &RelyingParty) -> u64 {
    u64::try_from(relying_party.timeout().as_millis()).unwrap_or(u64::MAX)
}

fn descriptors(credentials: &[CredentialId]) -> Vec<DescriptorReply> {
    let descriptor = |it: &CredentialId| DescriptorReply {
        r#type: PUBLIC_KEY,
        id: it.text(),
    };
    credentials.iter().map(descriptor).collect()
}
