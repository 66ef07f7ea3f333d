//! What is done beside requests: removing what has expired, sending queued messages, readiness.

pub(super) mod clean_up;
pub(super) mod message_queue;
pub(super) mod readiness;
