//! The URLs in templates.

/// The URLs in templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The URL of this server: `${serverUrl}`.
    pub server_url: String,
    /// The URL of the application: `${clientUrl}`.
    pub client_url: String,
}
