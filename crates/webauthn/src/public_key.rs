//! Public keys as they are stored: `COSE_Key` in CBOR (RFC 9052 §7).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_cbor_2::{Deserializer, Value};
use webauthn_rs_core::{
    error::WebauthnError,
    proto::{COSEAlgorithm, COSEKey, COSEKeyType, ECDSACurve, EDDSACurve},
};

/// Algorithms whose signatures `webauthn-rs-core` verifies. It reads keys of more.
pub(crate) const ALGORITHMS: [COSEAlgorithm; 3] = [
    COSEAlgorithm::ES256,
    COSEAlgorithm::ES384,
    COSEAlgorithm::RS256,
];

/// Reads a key; trailing bytes are ignored.
pub(crate) fn read(stored: &[u8]) -> Result<COSEKey, WebauthnError> {
    let value = Value::deserialize(&mut Deserializer::from_slice(stored))
        .map_err(WebauthnError::ParseCBORFailure)?;
    COSEKey::try_from(&value)
}

/// The key in the one form that CTAP2 allows: its members in order.
pub(crate) fn write(key: &COSEKey) -> Result<Vec<u8>, serde_cbor_2::Error> {
    let (kind, parameters) = match &key.key {
        COSEKeyType::EC_OKP(okp) => (1, vec![(-1, curve_okp(&okp.curve)), (-2, bytes(&okp.x))]),
        COSEKeyType::EC_EC2(ec) => (
            2,
            vec![
                (-1, curve_ec(&ec.curve)),
                (-2, bytes(&ec.x)),
                (-3, bytes(&ec.y)),
            ],
        ),
        COSEKeyType::RSA(rsa) => (3, vec![(-1, bytes(&rsa.n)), (-2, bytes(&rsa.e))]),
    };
    let algorithm = i128::from(key.type_ as i64);
    let members = [(1, Value::Integer(kind)), (3, Value::Integer(algorithm))];
    let members: BTreeMap<Value, Value> = members
        .into_iter()
        .chain(parameters)
        .map(|(label, value)| (Value::Integer(label), value))
        .collect();
    serde_cbor_2::to_vec(&Value::Map(members))
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

fn curve_ec(curve: &ECDSACurve) -> Value {
    Value::Integer(match curve {
        ECDSACurve::SECP256R1 => 1,
        ECDSACurve::SECP384R1 => 2,
        ECDSACurve::SECP521R1 => 3,
    })
}

fn curve_okp(curve: &EDDSACurve) -> Value {
    Value::Integer(match curve {
        EDDSACurve::ED25519 => 6,
        EDDSACurve::ED448 => 7,
    })
}
