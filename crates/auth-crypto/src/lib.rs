//! bcrypt, JOSE and AES: the cryptography behind the ports of `auth-domain`.
//!
//! * [`BcryptHasher`] is the [`PasswordHasher`](auth_domain::ports::PasswordHasher),
//! * [`JoseSigner`], made from a [`JwtSecret`], is the
//!   [`TokenSigner`](auth_domain::ports::TokenSigner), and
//! * [`AesSecretCipher`], made from [`EncryptionKey`]s, is the
//!   [`SecretCipher`](auth_domain::ports::SecretCipher).
//!
//! They are a crate of their own because josekit links OpenSSL: an embedder with another hasher and
//! signer does without a C library.

mod algorithm;
mod claims;
mod encryption_key;
mod fair_queue;
mod hashing_pool;
mod hmac;
mod jwks;
mod jwt;
mod jwt_secret;
mod password;
mod pem;
mod secret_cipher;
mod signing_key;
#[cfg(test)]
mod testing;

pub use encryption_key::{EncryptionKey, InvalidEncryptionKey};
pub use jwt::{JoseSigner, TOKEN_MAX_BYTES};
pub use jwt_secret::{GenerateError, InvalidJwtSecret, JwtSecret, generate};
pub use password::{BcryptHasher, HIGHEST_COST, HasherSetupError, LOWEST_COST};
pub use secret_cipher::AesSecretCipher;
