//! What a browser is known by again when it comes back from a provider.

use chrono::{DateTime, Utc};

use crate::random_text::random_text;

random_text! {
    /// A random text that a browser keeps while it is at a provider.
    ///
    /// Without it a flow could begin in one browser and end in another: somebody could sign others
    /// in to an account of their own (RFC 6819 §4.4.1.8).
    FlowBindingCookie;

    /// The form of a mark that travels with the flow.
    HashedFlowBindingCookie;
}

impl FlowBindingCookie {
    /// A mark that a browser shows; whether it is good is for the flow to say.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A flow that has ended, and may not end again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedFlow {
    /// What its browser kept; no other flow has the same.
    pub mark: HashedFlowBindingCookie,
    /// Until when that has to be known: from then on no server takes the flow for a valid one.
    pub remembered_until: DateTime<Utc>,
}

impl HashedFlowBindingCookie {
    /// A mark that travelled with a flow.
    pub(crate) fn from_flow(text: String) -> Self {
        Self(text)
    }
}
