//! The environment variables, as a value that tests can make up.

use std::{collections::BTreeMap, ffi::OsString};

/// Environment variables by name.
#[derive(Debug, Default)]
pub struct Environment(BTreeMap<String, OsString>);

/// A variable holds bytes that are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not valid UTF-8; set it to plain text")]
pub struct NotUnicode {
    variable: String,
}

impl Environment {
    /// The value of a variable; an empty one counts as unset.
    ///
    /// # Errors
    ///
    /// [`NotUnicode`] when it is no text.
    pub fn get(&self, variable: &str) -> Result<Option<&str>, NotUnicode> {
        let Some(value) = self.0.get(variable).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let text = value.to_str().ok_or_else(|| NotUnicode {
            variable: variable.to_owned(),
        })?;
        Ok(Some(text))
    }

    /// Whether a variable is set, but to nothing.
    #[must_use]
    pub fn is_empty(&self, variable: &str) -> bool {
        self.0.get(variable).is_some_and(|value| value.is_empty())
    }

    /// The names of all variables that are set and not empty.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.0.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, _)| name.as_str())
    }
}

/// Variables whose name is not UTF-8 are left out: no setting has such a name.
impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = Environment::from_iter([("AUTH_PORT".into(), OsString::new())]);

        assert_eq!(environment.get("AUTH_PORT"), Ok(None));
        assert_eq!(environment.names().count(), 0);
    }

    #[test]
    fn bytes_that_are_no_text_are_reported_with_the_name() {
        let bytes = OsString::from_vec(vec![0xff]);
        let environment = Environment::from_iter([("AUTH_PORT".into(), bytes)]);

        let error = environment.get("AUTH_PORT").unwrap_err();
        assert_eq!(
            error.to_string(),
            "AUTH_PORT is not valid UTF-8; set it to plain text"
        );
    }
}
