//! The options of a sign-up that waits for its key; stored beside the challenge.

use serde_json::Value;

use crate::{services::account::sign_up::SignUpOptions, user::EmailAddress};

/// A sign-up that waits for its key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PendingSignUp {
    pub(super) email: EmailAddress,
    pub(super) options: SignUpOptions,
}

impl PendingSignUp {
    /// The form that is stored.
    pub(super) fn to_json(&self) -> Value {
        let mut members = self.options.to_members();
        members.insert("email".to_owned(), self.email.as_str().into());
        Value::Object(members)
    }

    /// What was stored; `None` if it was something else.
    pub(super) fn from_json(stored: Value) -> Option<Self> {
        let Value::Object(stored) = stored else {
            return None;
        };
        let email = stored.get("email")?.as_str()?;
        Some(Self {
            email: EmailAddress::parse(email).ok()?,
            options: SignUpOptions::from_members(stored)?,
        })
    }

    /// With `later` options in place of those given before.
    pub(super) fn overridden_by(self, later: SignUpOptions) -> Self {
        let earlier = self.options;
        Self {
            email: self.email,
            options: SignUpOptions {
                redirect_to: later.redirect_to.or(earlier.redirect_to),
                default_role: later.default_role.or(earlier.default_role),
                allowed_roles: later.allowed_roles.or(earlier.allowed_roles),
                display_name: later.display_name.or(earlier.display_name),
                locale: later.locale.or(earlier.locale),
                metadata: later.metadata.or(earlier.metadata),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::user::{DisplayName, Locale, Role};

    fn everything() -> SignUpOptions {
        SignUpOptions {
            redirect_to: Some("http://localhost:3000/a".to_owned()),
            default_role: Some(Role::user()),
            allowed_roles: Some(vec![Role::user(), Role::anonymous()]),
            display_name: Some(DisplayName::parse("Ada").unwrap()),
            locale: Some(Locale::english()),
            metadata: Some(Map::from_iter([("a".to_owned(), json!([1, null]))])),
        }
    }

    fn pending(options: SignUpOptions) -> PendingSignUp {
        PendingSignUp {
            email: EmailAddress::parse("Ada@example.com").unwrap(),
            options,
        }
    }

    #[test]
    fn what_was_told_survives_the_store() {
        for options in [everything(), SignUpOptions::default()] {
            let told = pending(options);
            assert_eq!(PendingSignUp::from_json(told.to_json()), Some(told));
        }
    }

    #[test]
    fn what_is_told_later_takes_the_place_of_what_was_told_before() {
        let later = SignUpOptions {
            display_name: Some(DisplayName::parse("Countess").unwrap()),
            ..SignUpOptions::default()
        };

        let merged = pending(everything()).overridden_by(later.clone());

        assert_eq!(merged.options.display_name, later.display_name);
        assert_eq!(merged.options.redirect_to, everything().redirect_to);
        assert_eq!(merged.options.metadata, everything().metadata);
        let all = pending(SignUpOptions::default()).overridden_by(everything());
        assert_eq!(all, pending(everything()));
    }

    #[test]
    fn something_else_is_no_sign_up() {
        for stored in [json!(null), json!({}), json!({"email": "ada"})] {
            assert_eq!(PendingSignUp::from_json(stored), None);
        }
    }
}
