//! Decodes a value that fits its setting into the setting's type.

use crate::value::Value;

/// How a value is decoded into a type.
pub(crate) trait Decode<T>: Sync {
    /// `None` for a value of another kind.
    fn decode(&self, value: &Value) -> Option<T>;
}
