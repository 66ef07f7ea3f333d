//! The algorithms that tokens are signed with.

use josekit::jws::alg::{
    ecdsa::EcdsaJwsAlgorithm, hmac::HmacJwsAlgorithm, rsassa::RsassaJwsAlgorithm,
};

/// How tokens are signed (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// With a secret that is shared with every verifier.
    Shared(HmacJwsAlgorithm),
    /// With a private key.
    Paired(PairedAlgorithm),
}

/// The algorithms with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairedAlgorithm {
    Rsa(RsassaJwsAlgorithm),
    /// `ES256` or `ES384`, each with the curve that it prescribes.
    Ec(EcdsaJwsAlgorithm),
    /// `EdDSA` with the curve Ed25519.
    Ed,
}

impl Algorithm {
    /// Every name that [`named`](Self::named) knows, for messages.
    pub(crate) const NAMES: &str =
        "HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, Ed25519, EdDSA";

    /// The algorithm called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        use PairedAlgorithm::{Ec, Ed, Rsa};
        Some(match name {
            "HS256" => Self::Shared(HmacJwsAlgorithm::Hs256),
            "HS384" => Self::Shared(HmacJwsAlgorithm::Hs384),
            "HS512" => Self::Shared(HmacJwsAlgorithm::Hs512),
            "RS256" => Self::Paired(Rsa(RsassaJwsAlgorithm::Rs256)),
            "RS384" => Self::Paired(Rsa(RsassaJwsAlgorithm::Rs384)),
            "RS512" => Self::Paired(Rsa(RsassaJwsAlgorithm::Rs512)),
            "ES256" => Self::Paired(Ec(EcdsaJwsAlgorithm::Es256)),
            "ES384" => Self::Paired(Ec(EcdsaJwsAlgorithm::Es384)),
            // Hasura's name, and that of RFC 8037, which tokens and published keys have.
            "Ed25519" | "EdDSA" => Self::Paired(Ed),
            _ => return None,
        })
    }
}
