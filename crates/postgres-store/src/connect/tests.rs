//! What each `sslmode` does, on real servers with certificates made for the occasion.
//!
//! Every case runs twice: as is, and with `pgbouncer=true`, where TLS is agreed on by code
//! of our own.

mod servers;

use std::{net::TcpListener, thread};

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;

use self::servers::{Servers, TlsServer};
use super::*;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Encrypted,
    Plain,
    Refused(String),
}

#[derive(QueryableByName)]
struct Session {
    #[diesel(sql_type = Bool)]
    ssl: bool,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn is_encrypted(connection: &mut AsyncPgConnection) -> bool {
    let session: Session =
        diesel::sql_query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            .get_result(connection)
            .await
            .unwrap();
    session.ssl
}

async fn outcome(url: &str) -> Outcome {
    let url = PostgresUrl::parse(url).unwrap();
    match connect(&url, &Handle::current()).await {
        Ok(mut connection) => {
            if is_encrypted(&mut connection).await {
                Outcome::Encrypted
            } else {
                Outcome::Plain
            }
        }
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// The outcome with and without the layer for poolers, which must be the same.
async fn both(url: &str) -> Outcome {
    let directly = outcome(url).await;
    let through_pooler = outcome(&format!("{url}&pgbouncer=true")).await;
    match (directly, through_pooler) {
        (Outcome::Refused(reason), Outcome::Refused(_)) => Outcome::Refused(reason),
        (directly, through_pooler) => {
            assert_eq!(directly, through_pooler, "{url}");
            directly
        }
    }
}

async fn assert_refused(url: &str, reason: &str) {
    match both(url).await {
        Outcome::Refused(given) => assert!(given.contains(reason), "{url}: {given}"),
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn disable_never_encrypts() {
    let server = Servers::signed().await;

    assert_eq!(
        both(&server.url("localhost", "postgres", "disable")).await,
        Outcome::Plain
    );
    assert_refused(
        &server.url("localhost", "tls_only", "disable"),
        "no encryption",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_encrypts_only_when_the_server_insists() {
    let server = Servers::signed().await;

    assert_eq!(
        both(&server.url("localhost", "postgres", "allow")).await,
        Outcome::Plain
    );
    assert_eq!(
        both(&server.url("localhost", "tls_only", "allow")).await,
        Outcome::Encrypted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prefer_encrypts_when_it_can() {
    let server = Servers::signed().await;

    assert_eq!(
        both(&server.url("localhost", "postgres", "prefer")).await,
        Outcome::Encrypted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prefer_falls_back_to_a_plain_connection() {
    let server = Servers::signed().await;
    let plain = Servers::without_tls().await;

    assert_eq!(
        both(&plain.url("localhost", "postgres", "prefer")).await,
        Outcome::Plain
    );
    assert_eq!(
        both(&server.url("localhost", "plain_only", "prefer")).await,
        Outcome::Plain
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prefer_does_not_encrypt_for_the_wrong_authority() {
    let server = Servers::signed().await;
    let url = server.url("localhost", "postgres", "prefer");

    let outcome = both(&format!("{url}&sslrootcert={}", server.file("other.crt"))).await;

    assert_eq!(outcome, Outcome::Plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn require_takes_any_certificate() {
    let signed = Servers::signed().await;
    let own = Servers::self_signed().await;
    let old = Servers::version_1().await;

    for server in [signed, own, old] {
        let outcome = both(&server.url("127.0.0.1", "postgres", "require")).await;

        assert_eq!(outcome, Outcome::Encrypted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn require_refuses_a_server_without_tls() {
    let plain = Servers::without_tls().await;

    let url = plain.url("localhost", "postgres", "require");

    assert_refused(&url, "server does not support TLS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn require_with_an_authority_checks_the_chain_but_not_the_host() {
    let server = Servers::signed().await;
    let url = server.url("127.0.0.1", "postgres", "require");

    let right = both(&format!("{url}&sslrootcert={}", server.file("ca.crt"))).await;

    assert_eq!(right, Outcome::Encrypted);
    let wrong = format!("{url}&sslrootcert={}", server.file("other.crt"));
    assert_refused(&wrong, "UnknownIssuer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_ca_checks_the_chain_but_not_the_host() {
    let server = Servers::signed().await;
    let url = server.url("127.0.0.1", "postgres", "verify-ca");

    let right = both(&format!("{url}&sslrootcert={}", server.file("ca.crt"))).await;

    assert_eq!(right, Outcome::Encrypted);
    let wrong = format!("{url}&sslrootcert={}", server.file("other.crt"));
    assert_refused(&wrong, "UnknownIssuer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_full_checks_chain_and_host() {
    let server = Servers::signed().await;
    let authority = format!("sslrootcert={}", server.file("ca.crt"));
    let right = server.url("localhost", "postgres", "verify-full");
    let wrong_host = server.url("127.0.0.1", "postgres", "verify-full");

    assert_eq!(
        both(&format!("{right}&{authority}")).await,
        Outcome::Encrypted
    );
    assert_refused(&format!("{wrong_host}&{authority}"), "not valid for name").await;
    let wrong_authority = format!("{right}&sslrootcert={}", server.file("other.crt"));
    assert_refused(&wrong_authority, "UnknownIssuer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_is_checked_even_when_its_address_is_given() {
    let server = Servers::signed().await;
    let rest = format!("sslrootcert={}&hostaddr=127.0.0.1", server.file("ca.crt"));
    let right = server.url("localhost", "postgres", "verify-full");
    let wrong = server.url("db.example", "postgres", "verify-full");

    assert_eq!(both(&format!("{right}&{rest}")).await, Outcome::Encrypted);
    assert_refused(&format!("{wrong}&{rest}"), "not valid for name").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verifying_modes_refuse_a_server_without_tls() {
    let plain = Servers::without_tls().await;
    let authority = format!("sslrootcert={}", plain.file("ca.crt"));

    for mode in ["verify-ca", "verify-full"] {
        let url = format!("{}&{authority}", plain.url("localhost", "postgres", mode));

        assert_refused(&url, "server does not support TLS").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_file_verify_full_trusts_public_authorities_only() {
    let server = Servers::signed().await;

    let url = server.url("localhost", "postgres", "verify-full");

    assert_refused(&url, "UnknownIssuer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_can_be_its_own_authority() {
    let server = Servers::self_signed().await;
    let authority = format!("sslrootcert={}", server.file("server.crt"));

    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("{}&{authority}", server.url("localhost", "postgres", mode));

        assert_eq!(both(&url).await, Outcome::Encrypted, "{mode}");
    }
    let wrong_host = server.url("127.0.0.1", "postgres", "verify-full");
    assert_refused(&format!("{wrong_host}&{authority}"), "not valid for name").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let server = Servers::signed().await;
    let url = server.url("localhost", "certified", "require");
    let certificate = format!(
        "sslcert={}&sslkey={}",
        server.file("client.crt"),
        server.file("client.key")
    );

    assert_eq!(
        both(&format!("{url}&{certificate}")).await,
        Outcome::Encrypted
    );
    assert_refused(&url, "certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_needs_no_tls() {
    let server = Servers::signed().await;

    assert_eq!(
        both(&server.socket_url("verify-full")).await,
        Outcome::Plain
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_host_is_tried_when_one_does_not_answer() {
    let server = Servers::signed().await;
    let nobody = servers::free_port();
    let url = server.url("localhost", "postgres", "require");

    let url = url.replace("@localhost", &format!("@127.0.0.1:{nobody},localhost"));

    assert_eq!(both(&url).await, Outcome::Encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_silent_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();

    let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/auth?connect_timeout=1");

    assert_refused(&url, "no answer within 1 s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_server_and_not_the_password() {
    let nobody = servers::free_port();

    let url = format!("postgres://ada:s3cret@127.0.0.1:{nobody}/auth?sslmode=require");

    let Outcome::Refused(reason) = both(&url).await else {
        panic!("connected")
    };
    assert!(reason.contains(&format!("127.0.0.1:{nobody}")), "{reason}");
    assert!(!reason.contains("s3cret"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_the_runtime_that_asked_for_it() {
    let server: &TlsServer = Servers::signed().await;
    for switch in ["", "&pgbouncer=true"] {
        let url = format!("{}{switch}", server.url("localhost", "postgres", "require"));
        let url = PostgresUrl::parse(&url).unwrap();
        let main = Handle::current();

        let worker = thread::spawn(move || {
            let worker = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            worker.block_on(connect(&url, &main)).unwrap()
        });
        let mut connection = worker.join().unwrap();

        assert!(is_encrypted(&mut connection).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_names_its_application() {
    let server = Servers::without_tls().await;
    let url = PostgresUrl::parse(&server.url("localhost", "postgres", "disable")).unwrap();
    let mut connection = connect(&url, &Handle::current()).await.unwrap();

    let query = "SELECT count(*) AS number FROM pg_stat_activity \
                 WHERE pid = pg_backend_pid() AND application_name = 'hasura-auth'";
    let own: Number = diesel::sql_query(query)
        .get_result(&mut connection)
        .await
        .unwrap();

    assert_eq!(own.number, 1);
}
