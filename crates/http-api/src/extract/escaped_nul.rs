//! The character that no database column can hold.

/// Whether a string of this JSON text holds U+0000, which can only be written as `\u0000`.
/// PostgreSQL cannot store it, neither in text nor in jsonb.
pub(super) fn holds_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escaped = rest.get(at + 1..).unwrap_or_default();
        if escaped.starts_with(b"u0000") {
            return true;
        }
        // Skip the escaped character: it may be a backslash itself.
        rest = escaped.get(1..).unwrap_or_default();
    }
    false
}
