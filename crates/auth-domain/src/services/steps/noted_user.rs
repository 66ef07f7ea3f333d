//! Adding the user's id to the request's log line.

use tracing::{Span, field::display};

use crate::user::UserId;

/// Records a user in the field `user_id` of the current span, if it has one: that of the request.
///
/// Call it where the caller does not learn the user: on success, and where a password, a code or an
/// account is refused.
pub(in crate::services) fn note_user(user: UserId) {
    Span::current().record("user_id", display(user));
}
