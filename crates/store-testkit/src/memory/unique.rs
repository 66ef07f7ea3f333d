//! Keys that may be there once.

use auth_domain::error::{StoreError, UniqueField};

/// Refuses a key that is taken.
pub(super) fn check_free(is_free: bool) -> Result<(), StoreError> {
    if is_free {
        Ok(())
    } else {
        let field = UniqueField::Other;
        Err(StoreError::Duplicate { field })
    }
}
