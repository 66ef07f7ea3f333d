//! The built server, driven from outside: over HTTP, on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod abuse;
mod access_lists;
mod account_states;
mod adoption;
mod authenticated_routes;
mod bodies;
mod both_generations;
mod breached_passwords;
mod chosen_passwords;
mod clean_up;
mod compat;
mod concealed_rows;
mod concurrent_sign_ups;
mod console;
mod custom_claims;
mod devices_behind_tokens;
mod disk;
mod elevating;
mod email_command;
mod error_rows;
mod examples;
mod faults;
mod in_browser;
mod issued_tokens;
mod legacy;
mod limits_by_path;
mod link_parameters;
mod lists_for_objects;
mod log_lines;
mod mail_requests;
mod message_queue;
mod modern;
mod openapi;
mod operators;
mod original_tickets;
mod phone_rows;
mod published_keys;
mod rate_limits;
mod readiness;
mod remote_templates;
mod renamed_codes;
mod request_log;
mod sealed_secrets;
mod second_factor_elsewhere;
mod shut_out;
mod startup;
mod support;
mod through_http;
mod through_node_clients;
mod through_openid;
mod through_pgbouncer;
mod through_redis;
mod through_smtp;
mod timeouts_and_limits;
mod token_confusion;
mod turnstile;
mod unusual_accounts;
