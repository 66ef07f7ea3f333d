//! Telling the request's log line whom it is about.

use tracing::{Span, field::display};

use crate::user::UserId;

/// Notes a user in the field `user_id` of the current span, if it has one: that of the request.
///
/// Call it where a user is known and the caller does not tell: on success, and where somebody's
/// password, code or account is refused.
pub(in crate::services) fn note_user(user: UserId) {
    Span::current().record("user_id", display(user));
}
