//! From a value that fits its setting to one of the setting's type.

use crate::value::Value;

/// How a value that fits becomes one of a type.
pub(crate) trait Decode<T>: Sync {
    /// `None` for a value of another kind.
    fn decode(&self, value: &Value) -> Option<T>;
}
