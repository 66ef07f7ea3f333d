//! A provider's API, called with a user's access token.

use auth_domain::secret::Secret;
use egress::{Egress, Request};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::ProfileError;

/// A provider's API, with a user's access token.
#[derive(Debug)]
pub struct Api<'a> {
    egress: &'a Egress,
    token: &'a Secret,
    profile_url: &'a Url,
    client_id: &'a str,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Api<'a> {
    /// The API of a provider where this server is `client_id` and profiles are at `profile_url`,
    /// with a user's `token`.
    #[must_use]
    pub fn new(
        egress: &'a Egress,
        client_id: &'a str,
        profile_url: &'a Url,
        token: &'a Secret,
    ) -> Self {
        Self {
            egress,
            token,
            profile_url,
            client_id,
            headers: Vec::new(),
        }
    }

    /// The same with one more header for each request.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Id that the provider knows this server by.
    #[must_use]
    pub fn client_id(&self) -> &'a str {
        self.client_id
    }

    /// The profile.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Status`] unless the status is 200, [`ProfileError::Unreadable`] unless the
    /// body is JSON that fits.
    pub async fn profile<T: DeserializeOwned>(&self) -> Result<T, ProfileError> {
        self.get(self.profile_url.clone()).await
    }

    /// A resource below the profile, by the last segment of its path.
    ///
    /// # Errors
    ///
    /// See [`profile`](Self::profile).
    pub async fn below_profile<T: DeserializeOwned>(&self, name: &str) -> Result<T, ProfileError> {
        let mut url = self.profile_url.clone();
        let path = format!("{}/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        self.get(url).await
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, ProfileError> {
        let bearer = format!("Bearer {}", self.token.expose());
        let mut request = Request::get(url)
            .header("Accept", "application/json")
            .secret_header("Authorization", &bearer);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        fetch(self.egress, request).await
    }
}

/// The JSON response to `request`.
///
/// # Errors
///
/// [`ProfileError::Status`] unless the status is 200, [`ProfileError::Unreadable`] unless the body
/// is JSON that fits.
pub async fn fetch<T: DeserializeOwned>(
    egress: &Egress,
    request: Request,
) -> Result<T, ProfileError> {
    let reply = egress.send(request).await?;
    if reply.status != 200 {
        return Err(ProfileError::Status(reply.status));
    }
    // The error is dropped: serde quotes what it read, which may be personal data.
    let read = serde_json::from_slice(&reply.body).ok();
    read.ok_or(ProfileError::Unreadable)
}
