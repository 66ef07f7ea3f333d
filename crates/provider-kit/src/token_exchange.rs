//! Token responses.

use auth_domain::secret::Secret;
use data_encoding::BASE64;
use egress::Reply;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use crate::error::ExchangeError;

/// Error codes of RFC 6749 §5.2, and GitHub's. Others are not repeated: they may be anything.
const REASONS: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "bad_verification_code",
    "incorrect_client_credentials",
    "redirect_uri_mismatch",
];

/// A token response.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token, which opens the user's profile.
    pub access: Secret,
    /// The ID token, if the provider speaks OpenID Connect.
    pub id: Option<Secret>,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: Option<String>,
    id_token: Option<String>,
    error: Option<serde_json::Value>,
}

impl Tokens {
    /// Reads a response. GitHub refuses with status 200 and a member `error`, so both are checked.
    pub(crate) fn read(reply: &Reply) -> Result<Self, ExchangeError> {
        let status = reply.status;
        let read: TokenReply = serde_json::from_slice(&reply.body)
            .ok()
            .ok_or(ExchangeError::NoToken(status))?;
        if let Some(error) = read.error {
            let word = error.as_str().unwrap_or_default();
            let known = REASONS.into_iter().find(|it| *it == word);
            let reason = known.unwrap_or("another error");
            return Err(ExchangeError::Refused { reason, status });
        }
        let access = read.access_token.filter(|it| !it.is_empty());
        let access = access.filter(|_| reply.is_success());
        Ok(Self {
            access: Secret::new(access.ok_or(ExchangeError::NoToken(status))?),
            id: read.id_token.map(Secret::new),
        })
    }
}

/// Id and secret for the header `Authorization`, each encoded as in a form (RFC 6749 §2.3.1).
pub(crate) fn basic(client_id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Tokens, ExchangeError> {
        let body = body.as_bytes().to_vec();
        Tokens::read(&Reply { status, body })
    }

    #[test]
    fn an_answer_with_a_token_is_good() {
        let tokens = read(200, r#"{"access_token":"secret","token_type":"bearer"}"#).unwrap();

        assert_eq!(tokens.access.expose(), "secret");
        assert!(tokens.id.is_none());
    }

    #[test]
    fn an_answer_with_an_error_is_a_refusal_whatever_its_status() {
        for status in [200, 400] {
            let refused = read(
                status,
                r#"{"error":"bad_verification_code","access_token":"x"}"#,
            );

            assert!(matches!(
                refused,
                Err(ExchangeError::Refused { reason: "bad_verification_code", status: told })
                    if told == status
            ));
        }
    }

    #[test]
    fn undocumented_words_are_not_repeated() {
        let refused = read(400, r#"{"error":"the code 4711 is spent"}"#);

        assert!(!format!("{:?}", refused.unwrap_err()).contains("4711"));
    }

    #[test]
    fn without_a_token_there_is_none() {
        for (status, body) in [
            (200, "{}"),
            (200, r#"{"access_token":""}"#),
            (200, r#"{"access_token":7}"#),
            (200, "access_token=secret"),
            (200, ""),
            (302, r#"{"access_token":"secret"}"#),
            (500, r#"{"access_token":"secret"}"#),
        ] {
            let refused = read(status, body).unwrap_err();

            assert!(matches!(refused, ExchangeError::NoToken(_)), "{body}");
        }
    }

    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        let proof = basic("a:b", &Secret::new("c d/é"));

        let pair = BASE64
            .decode(proof.expose().strip_prefix("Basic ").unwrap().as_bytes())
            .unwrap();
        assert_eq!(pair, b"a%3Ab:c+d%2F%C3%A9");
    }
}
