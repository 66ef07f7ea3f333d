//! Tokens of the signer, of other programs and of attackers.

mod issuing;
mod publishing;
mod verifying;

use auth_domain::{
    session::{AuthMethod, AuthMethods, CustomClaimName, CustomClaims, SessionId},
    system::RandomIds,
    user::{Role, UserId},
};
use data_encoding::BASE64URL_NOPAD;
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    sign::Signer,
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::testing::{EC, EC_384, ED, OTHER_RSA, RSA, SHARED, every_kind, paired, public_pem};

const NOW: i64 = 1_700_000_000;
const SESSION: SessionId = SessionId(Uuid::from_u128(0x7c4b_324b_865b_4ee5_8919_0a18_7766_fc10));
const USER: Uuid = Uuid::from_u128(0x57c3_f278_ea3c_4f5f_8f09_12a5_98d9_7c1c);

fn signer(secret: &Value) -> JoseSigner {
    JoseSigner::new(JwtSecret::parse(&secret.to_string()).unwrap(), &RandomIds)
}

fn shared() -> JoseSigner {
    signer(&json!({ "type": "HS256", "key": SHARED }))
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 999_999_000).unwrap()
}

fn claims() -> AccessClaims {
    let role = |name| Role::parse(name).unwrap();
    AccessClaims {
        user_id: UserId(USER),
        session: SESSION,
        methods: AuthMethod::Password.into(),
        is_anonymous: false,
        default_role: role("user"),
        allowed_roles: vec![role("user"), role("me")],
        is_elevated: false,
        custom: CustomClaims::default(),
        issued_at: at(NOW),
        ttl: Duration::from_millis(900_999),
    }
}

/// The claims of a good token, as another program might write them.
fn good_claims() -> Value {
    json!({
        "iss": "hasura-auth", "sub": USER, "iat": NOW, "exp": NOW + 900,
        "sid": SESSION.0, "amr": ["pwd"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// The bearer of a good token that is not elevated.
fn plain_user() -> AccessIdentity {
    AccessIdentity {
        user_id: UserId(USER),
        session: Some(SESSION),
        methods: AuthMethod::Password.into(),
        is_elevated: false,
    }
}

fn verify(signer: &JoseSigner, token: &str) -> Result<AccessIdentity, InvalidAccessToken> {
    signer.verify(token, at(NOW))
}

fn is_refused(signer: &JoseSigner, token: &str) -> bool {
    verify(signer, token).is_err()
}

/// A token with exactly this header and payload and a signature of `sign`.
fn token(header: &Value, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let header = encode(header.to_string().as_bytes());
    let message = format!("{header}.{}", encode(payload.as_bytes()));
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn hs256(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    move |message| digest_sign(&PKey::hmac(key).unwrap(), message)
}

fn rs256(key: &PKey<Private>) -> impl Fn(&[u8]) -> Vec<u8> {
    move |message| digest_sign(key, message)
}

fn digest_sign(key: &PKey<Private>, message: &[u8]) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    signer.sign_oneshot_to_vec(message).unwrap()
}

/// A token of [`shared`] with these claims and a good signature.
fn signed(claims: &Value) -> String {
    signed_text(&claims.to_string())
}

fn signed_text(payload: &str) -> String {
    token(
        &json!({ "alg": "HS256" }),
        payload,
        hs256(SHARED.as_bytes()),
    )
}

/// The keys that a signer publishes.
fn published(signer: &JoseSigner) -> Vec<Value> {
    let mut key_set: Value = serde_json::from_str(&signer.public_keys().0).unwrap();
    serde_json::from_value(key_set["keys"].take()).unwrap()
}

/// Header and payload of a token.
fn decoded(token: &str) -> (Value, Value) {
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    let json = |part| serde_json::from_slice(&decode(part)).unwrap();
    let mut parts = token.split('.');
    (json(parts.next().unwrap()), json(parts.next().unwrap()))
}
