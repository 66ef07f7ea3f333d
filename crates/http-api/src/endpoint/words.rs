//! What the document says of an endpoint beside what the type of its handler tells.

use serde_json::Value;

use crate::{error_code::ErrorCode, openapi::operation::Operation};

/// The texts of one row.
#[derive(Default)]
pub(super) struct Words {
    pub(super) summary: &'static str,
    pub(super) id: Option<&'static str>,
    pub(super) about: Option<&'static str>,
    pub(super) success: Option<&'static str>,
    pub(super) errors: Vec<&'static [ErrorCode]>,
    pub(super) example: Option<fn() -> Value>,
    pub(super) details: Option<fn(Operation) -> Operation>,
}

impl Words {
    /// `operation` with these texts.
    pub(super) fn add_to(&self, operation: Operation) -> Operation {
        let mut operation = operation.summary(self.summary);
        if let Some(id) = self.id {
            operation = operation.id(id);
        }
        if let Some(text) = self.about {
            operation = operation.about(text);
        }
        if let Some(text) = self.success {
            operation = operation.answering(text);
        }
        if let Some(body) = self.example {
            operation = operation.example(body());
        }
        if let Some(add) = self.details {
            operation = add(operation);
        }
        self.errors
            .iter()
            .copied()
            .fold(operation, Operation::errors)
    }
}
