//! Hasura's response to the query.

use std::fmt;

use egress::Reply;
use serde_json::Value;

/// The longest part of an error that is logged.
const LONGEST_PART: usize = 200;

/// Why a response has no user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoUser {
    #[error("Hasura answered with status {0}")]
    Status(u16),
    #[error("Hasura answered with something else than JSON")]
    NotJson,
    #[error("Hasura refused the query: {0}")]
    Refused(Complaint),
    #[error("Hasura does not know the user")]
    Unknown,
}

/// Hasura's error about the query: a code, and the field.
///
/// Its message is left out: it is free text, which may hold anything, and is in Hasura's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    code: Option<String>,
    path: Option<String>,
}

/// Hasura's code for a query that its schema does not allow.
const QUERY_REFUSED: &str = "validation-failed";

impl Complaint {
    /// Whether it is about the query, rather than about the caller.
    pub(crate) fn is_about_query(&self) -> bool {
        self.code.as_deref() == Some(QUERY_REFUSED)
    }

    /// The field it is about, from the user on: `profile.organisaton` of
    /// `$.selectionSet.user.selectionSet.profile.selectionSet.organisaton`.
    pub(crate) fn field(&self) -> Option<String> {
        let path = self.path.as_deref()?;
        let names: Vec<_> = path.split(".selectionSet.").skip(2).collect();
        (!names.is_empty()).then(|| names.join("."))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_deref().unwrap_or("no code"))?;
        match &self.path {
            Some(path) => write!(f, " at {path}"),
            None => Ok(()),
        }
    }
}

/// The user in a response.
///
/// # Errors
///
/// See [`NoUser`].
pub(crate) fn user(reply: &Reply) -> Result<Value, NoUser> {
    if reply.status != 200 {
        return Err(NoUser::Status(reply.status));
    }
    let mut body: Value =
        serde_json::from_slice(&reply.body).map_err(|_invalid| NoUser::NotJson)?;
    match body.pointer_mut("/data/user") {
        Some(user) if user.is_object() => Ok(user.take()),
        _ => Err(complaint(&body).map_or(NoUser::Unknown, NoUser::Refused)),
    }
}

fn complaint(body: &Value) -> Option<Complaint> {
    let error = body.pointer("/errors/0")?;
    let part = |name| {
        let text = error.pointer(name)?.as_str()?;
        (text.len() <= LONGEST_PART && text.chars().all(is_plain)).then(|| text.to_owned())
    };
    Some(Complaint {
        code: part("/extensions/code"),
        path: part("/extensions/path"),
    })
}

/// Whether codes and paths consist of such characters.
fn is_plain(it: char) -> bool {
    it.is_ascii_alphanumeric() || "$._-[]".contains(it)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: &Value) -> Result<Value, NoUser> {
        user(&Reply {
            status,
            body: body.to_string().into_bytes(),
        })
    }

    fn complaint_of(error: &Value) -> String {
        let body = json!({ "errors": [error] });
        read(200, &body).unwrap_err().to_string()
    }

    #[test]
    fn the_user_is_what_data_holds() {
        let body = json!({ "data": { "user": { "k": 1 } } });

        assert_eq!(read(200, &body), Ok(json!({ "k": 1 })));
        assert_eq!(read(201, &body), Err(NoUser::Status(201)));
        assert_eq!(read(500, &body), Err(NoUser::Status(500)));
    }

    #[test]
    fn an_answer_without_a_user_is_an_error() {
        for body in [
            json!({ "data": { "user": null } }),
            json!({ "data": { "user": [] } }),
            json!({ "data": null }),
            json!({}),
            json!([]),
            json!(null),
        ] {
            assert_eq!(read(200, &body), Err(NoUser::Unknown), "{body}");
        }
        let page = Reply {
            status: 200,
            body: b"<html>maintenance</html>".to_vec(),
        };
        assert_eq!(user(&page), Err(NoUser::NotJson));
    }

    #[test]
    fn a_document_that_is_too_deep_is_no_answer() {
        let depth = 100_000;
        let body = format!(
            r#"{{"data":{{"user":{{"k":{}{}}}}}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let reply = Reply {
            status: 200,
            body: body.into_bytes(),
        };

        assert_eq!(user(&reply), Err(NoUser::NotJson));
    }

    #[test]
    fn of_a_complaint_code_and_place_are_told_and_never_the_message() {
        let extensions = json!({
            "code": "validation-failed",
            "path": "$.selectionSet.user.selectionSet.profile",
        });
        let said = complaint_of(&json!({ "message": "s3cret", "extensions": extensions }));
        assert_eq!(
            said,
            "Hasura refused the query: validation-failed at \
             $.selectionSet.user.selectionSet.profile"
        );

        let refused = json!({ "errors": [{ "extensions": {
            "code": "validation-failed",
            "path": "$.selectionSet.user.selectionSet.profile.selectionSet.organisaton",
        } }] });
        let Err(NoUser::Refused(complaint)) = read(200, &refused) else {
            panic!("it was not refused");
        };
        assert!(complaint.is_about_query());
        assert_eq!(complaint.field().as_deref(), Some("profile.organisaton"));

        let odd = json!({ "code": "a\nline", "path": "x".repeat(201) });
        let said = complaint_of(&json!({ "message": "s3cret", "extensions": odd }));
        assert_eq!(said, "Hasura refused the query: no code");
        let said = complaint_of(&json!("s3cret"));
        assert_eq!(said, "Hasura refused the query: no code");
    }
}
