//! Requests of this server to others, guarded against server-side request forgery (SSRF).
//!
//! A URL can come from a setting, and a name resolves to whatever its owner likes. To keep requests
//! away from services that trust their network, such as a cloud's metadata server, [`Egress`]
//!
//! * checks the addresses a name resolved to, right before it connects, and refuses private,
//!   loopback, link-local and other special ones,
//! * insists on TLS,
//! * follows no redirect and uses no proxy,
//! * bounds the time of a request and the size of its response.
//!
//! The first two do not hold for hosts that the operator named in [`EgressRules`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use egress::{Egress, EgressRules, Request};
//!
//! let egress = Egress::new(EgressRules::default())?;
//! let reply = egress
//!     .send(Request::get("https://api.pwnedpasswords.com/range/21BD1".parse()?))
//!     .await?;
//! assert_eq!(reply.status, 200);
//! # Ok(())
//! # }
//! ```

mod address;
mod client;
mod dns;
mod error;
mod reply;
mod request;
mod rules;
mod tls;

pub use url::Url;

pub use self::{
    client::Egress,
    error::{EgressError, EgressSetupError},
    reply::{Reply, is_temporary_status},
    request::Request,
    rules::EgressRules,
};
