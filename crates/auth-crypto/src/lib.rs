//! bcrypt, JOSE and random ids: the cryptography behind the ports of `auth-domain`.
//!
//! * [`BcryptHasher`] is the [`PasswordHasher`](auth_domain::ports::PasswordHasher),
//! * [`JoseSigner`], made from a [`JwtSecret`], is the
//!   [`TokenSigner`](auth_domain::ports::TokenSigner),
//! * [`RandomIds`] is the [`IdGenerator`](auth_domain::ports::IdGenerator).
//!
//! They live outside the domain because josekit links OpenSSL: whoever embeds the domain with a
//! hasher and a signer of their own does not inherit a C library.

mod claims;
mod hmac;
mod jwks;
mod jwt;
mod jwt_secret;
mod lanes;
mod password;
mod pem;
mod random;
mod signing_key;
#[cfg(test)]
mod testing;

pub use jwt::{JoseSigner, TOKEN_MAX_BYTES};
pub use jwt_secret::{InvalidJwtSecret, JwtSecret};
pub use password::{BcryptHasher, HIGHEST_COST, HasherSetupError, LOWEST_COST};
pub use random::RandomIds;
