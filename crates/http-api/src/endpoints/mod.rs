//! Every endpoint of the server, one row each, one file per topic.
//!
//! A row names the path, the handler and what a reader has to know; the router, the OpenAPI document,
//! the rate limits, the bot check and CORS follow from it. See `docs/adding-an-endpoint.md`.

mod accounts;
mod elevation;
mod error_lists;
mod examples;
mod legacy;
mod mail;
mod pages;
mod providers;
mod second_factors;
mod security_keys;
pub(crate) mod server;
mod sign_in;
mod sms;
#[cfg(test)]
mod tests;
mod tokens;

use crate::endpoint::{Endpoint, Topic};

/// Every endpoint, also those that only some settings serve.
pub(crate) fn topics() -> Vec<Topic> {
    let topic = |name, endpoints| Topic { name, endpoints };
    vec![
        topic("Signing in", sign_in::endpoints()),
        topic("Links and codes by mail", mail::endpoints()),
        topic("Codes by text message", sms::endpoints()),
        topic("Identity providers", providers::endpoints()),
        topic("Second factors", second_factors::endpoints()),
        topic("Security keys", security_keys::endpoints()),
        topic("Elevation", elevation::endpoints()),
        topic("Tokens and sessions", tokens::endpoints()),
        topic("The current user", accounts::endpoints()),
        topic("Legacy API", legacy::endpoints()),
        topic("The server", the_server()),
    ]
}

fn the_server() -> Vec<Endpoint> {
    server::endpoints()
        .into_iter()
        .chain(pages::endpoints())
        .collect()
}
