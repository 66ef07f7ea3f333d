//! Binding a provider flow to the browser that began it (login CSRF).

use chrono::{DateTime, Utc};

use crate::random_text::random_text;

random_text! {
    /// A random text that a browser keeps in a cookie while it is at a provider.
    ///
    /// Without it a flow could begin in one browser and end in another: an attacker could sign a
    /// victim in to the attacker's own account (login CSRF, RFC 6819 §4.4.1.8).
    FlowBindingCookie;

    /// The form of the cookie's value that travels in the flow's `state`.
    HashedFlowBindingCookie;
}

impl FlowBindingCookie {
    /// A cookie's value as the browser sends it. The flow decides whether it is valid.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A flow that has ended, and must not end again (replay).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedFlow {
    /// The hashed cookie of its browser; no other flow has the same.
    pub mark: HashedFlowBindingCookie,
    /// Until when it has to be remembered: from then on no server accepts the flow anyway.
    pub remembered_until: DateTime<Utc>,
}

impl HashedFlowBindingCookie {
    /// A hash that travelled in a flow's `state`.
    pub(crate) fn from_flow(text: String) -> Self {
        Self(text)
    }
}
