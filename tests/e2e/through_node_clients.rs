//! Compatibility with the clients of applications, in every flow they have. Needs
//! `scripts/with-node-clients`; the flows are in `tests/node-clients`.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use crate::support::{Database, Issuer, Server, ServerBuilder, on_both_databases, told, within};

/// Flows of every client before 4.
const CLASSIC: [&str; 10] = [
    "sign up, verify, refresh and sign out",
    "sign in with a password",
    "sign in by link",
    "reset and change the password",
    "change the address",
    "stay anonymous, then tell an address",
    "sign in by text message",
    "sign in with a second factor",
    "sign up and in with a security key",
    "be sent to a provider",
];

/// Flows since 2.
const SINCE_2: [&str; 1] = ["sign in with a personal access token"];

/// Flows since 3.3, and since 2.12 of the package inside.
const SINCE_3: [&str; 7] = [
    "sign out everywhere",
    "elevate with a security key",
    "sign in with a security key alone",
    "sign in by a mailed code",
    "sign in with an ID token, and link another",
    "link a provider",
    "do without a second factor again",
];

/// Flows of 4.
const CURRENT: [&str; 15] = [
    "ask for health, version and keys",
    "sign up, verify, refresh and sign out",
    "have a session that runs out refreshed",
    "sign out everywhere",
    "sign in by link",
    "reset and change the password",
    "change the address",
    "stay anonymous, then tell an address",
    "sign in by text message",
    "sign in by a mailed code",
    "sign in with a second factor, and do without again",
    "sign up and in with a security key",
    "sign in with a personal access token",
    "sign in with an ID token, and link another",
    "be sent to a provider",
];

/// Flows since 4.7.
const SINCE_4_7: [&str; 2] = [
    "prove itself after a link (PKCE)",
    "sign up by mailed code, text message and ID token",
];

/// A server with every way to sign in, which requires verified addresses.
fn server(google: &Issuer, database: &Database) -> ServerBuilder {
    google
        .server(database)
        .by_mail()
        .set("AUTH_MFA_ENABLED", "true")
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_SMS_PROVIDER", "dev")
        .set("AUTH_PROVIDER_GITHUB_ENABLED", "true")
        .set("AUTH_PROVIDER_GITHUB_CLIENT_ID", "our-client")
        .set("AUTH_PROVIDER_GITHUB_CLIENT_SECRET", "our-secret")
}

/// Runs the flows of a client against a server below `prefix`, and requires that they are all the
/// client has.
async fn walk(client: &str, database: Database, prefix: &str, flows: &[&[&str]]) {
    let google = Issuer::start().await;
    let server = server(&google, &database)
        .set("AUTH_API_PREFIX", prefix)
        .set(
            "AUTH_SERVER_URL",
            &format!("http://auth.example.com{prefix}"),
        )
        .start()
        .await;
    let tokens = ["1", "2", "3"].map(|subject| {
        let email = format!("{subject}@google.example.com");
        google.token(&Issuer::claims(subject, &email, true))
    });
    let tokens = serde_json::to_string(&tokens).unwrap();

    let (walked, complaint) = walked(client, &server, prefix, &tokens).await;

    let log = server.output();
    assert_eq!(walked, flows.concat(), "{complaint}\n{log}");
    assert_eq!(complaint, "");
}

/// The flows that succeeded, and the client's errors in the others.
async fn walked(
    client: &str,
    server: &Server,
    prefix: &str,
    id_tokens: &str,
) -> (Vec<String>, String) {
    let folder = told("TEST_NODE_CLIENTS");
    let path = told("PATH");
    let walk = Command::new("node")
        .arg(Path::new(&folder).join("walk.mjs"))
        .arg(client)
        .env_clear()
        .env("PATH", path)
        .env("AUTH_URL", format!("http://{}{prefix}", server.authority()))
        .env("OUTBOX", server.folder().join("data/outbox"))
        .env("ID_TOKENS", id_tokens)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = within(walk).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let walked = text(output.stdout).lines().map(str::to_owned).collect();
    (walked, text(output.stderr))
}

on_both_databases! {
    async fn nhost_js_1(database) {
        walk("nhost-js-1", database, "", &[&CLASSIC]).await;
    }

    async fn nhost_js_2(database) {
        walk("nhost-js-2", database, "", &[&CLASSIC, &SINCE_2]).await;
    }

    async fn nhost_js_3(database) {
        walk("nhost-js-3", database, "", &[&CLASSIC, &SINCE_3[..3], &SINCE_2, &SINCE_3[3..]]).await;
    }

    async fn hasura_auth_js_2(database) {
        let flows: [&[&str]; 4] = [&CLASSIC, &SINCE_3[..3], &SINCE_2, &SINCE_3[3..]];
        walk("hasura-auth-js-2", database, "", &flows).await;
    }

    async fn nhost_js_4_3(database) {
        walk("nhost-js-4.3", database, "/v1", &[&CURRENT]).await;
    }

    async fn nhost_js_4_7(database) {
        walk("nhost-js-4.7", database, "/v1", &[&CURRENT, &SINCE_4_7]).await;
    }
}
