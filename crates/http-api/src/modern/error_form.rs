//! The form in which errors are shown.

use crate::{compat::Compat, settings::ApiSettings};

/// What decides how an error is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ErrorForm {
    /// Whether errors that tell if an account exists are concealed (`AUTH_CONCEAL_ERRORS`).
    pub(crate) concealing: bool,
    /// Which version of the original clients know (`AUTH_API_COMPAT`).
    pub(crate) compat: Compat,
}

impl From<&ApiSettings> for ErrorForm {
    fn from(settings: &ApiSettings) -> Self {
        Self {
            concealing: settings.conceal_errors,
            compat: settings.compat,
        }
    }
}
