//! The URL of the server.

use auth_domain::secret::Secret;
use redis::{Client, IntoConnectionInfo};

/// The URL of a server, perhaps with a password: `redis://…`, `rediss://…` for TLS, `unix:///…` for
/// a socket; with `valkey` in place of `redis` as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisUrl(Secret);

/// The text is no such URL. It may hold a password, so it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL such as redis://:password@host:6379 or rediss://host")]
pub struct InvalidRedisUrl;

impl RedisUrl {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisUrl`].
    pub fn parse(text: &Secret) -> Result<Self, InvalidRedisUrl> {
        match text.expose().into_connection_info() {
            Ok(_) => Ok(Self(text.clone())),
            Err(_) => Err(InvalidRedisUrl),
        }
    }

    pub(crate) fn client(&self) -> Result<Client, InvalidRedisUrl> {
        Client::open(self.0.expose()).map_err(|_may_name_it| InvalidRedisUrl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RedisUrl, InvalidRedisUrl> {
        RedisUrl::parse(&Secret::new(text))
    }

    #[test]
    fn every_usual_form_is_read() {
        for text in [
            "redis://localhost",
            "redis://:hunter2@10.0.0.7:6380/2",
            "rediss://ada:hunter2@cache.example.com",
            "valkeys://cache.example.com",
            "unix:///run/redis.sock",
        ] {
            let url = parsed(text).unwrap();
            assert!(url.client().is_ok(), "{text}");
            assert!(!format!("{url:?}").contains("hunter2"));
        }
    }

    #[test]
    fn anything_else_is_refused_and_not_repeated() {
        for text in ["", "localhost:6379", "http://hunter2@x", "redis://"] {
            let error = parsed(text).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{text}");
        }
    }
}
