//! Adoption: a database that a running Hasura Auth (Go, 0.42) left behind keeps working.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    Answer, Authenticator, Database, Server, ServerBuilder, connect, fresh_postgres,
    postgres_program,
};

/// The dump, and the credentials of the users in it.
const DUMP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/postgres-store/tests/fixtures/hasura-auth-0.42.sql"
);
const JWT_SECRET: &str = r#"{"type":"HS256","key":"5152fa850c02dc222631cca898ed1485821a70912a6e3649c49076912daa3b62182ba013315915d64f40cddfbb8b58eb5bd11ba225336a6af45bbae07ca873f3","issuer":"hasura-auth"}"#;

async fn adopted() -> (Database, Server) {
    let url = fresh_postgres().await;
    let mut psql = Command::new(postgres_program("psql"));
    psql.args([
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        "--file",
        DUMP,
        &url,
    ]);
    let loaded = psql.output().await.unwrap();
    assert!(
        loaded.status.success(),
        "{}",
        String::from_utf8_lossy(&loaded.stderr)
    );
    let database = Database::Postgres(url);
    let outlook = ServerBuilder::new(&database)
        .command()
        .args(["migrate", "--dry-run"])
        .output()
        .await
        .unwrap();
    let outlook = String::from_utf8(outlook.stdout).unwrap();
    let level = "\nadopting the schema of Hasura Auth at level 18\n";
    assert!(outlook.contains(level), "{outlook}");
    let server = ServerBuilder::new(&database)
        .set("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET)
        .set("AUTH_USER_DEFAULT_ALLOWED_ROLES", "user,me,editor")
        .with_mfa()
        .start()
        .await;
    (database, server)
}

async fn refresh(server: &Server, token: &str) -> Answer {
    server.refresh(&json!(token)).await
}

fn user(answer: &Value) -> &Value {
    &answer["session"]["user"]
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_the_password_they_had() {
    let (_database, server) = adopted().await;

    let ada = server
        .sign_in("ada@acme.example.com", "correct horse 1")
        .await
        .expect(200);
    let grace = server
        .sign_in("grace@acme.example.com", "hopper-1906")
        .await
        .expect(200);

    assert_eq!(user(&ada)["id"], "dd8b384b-9371-49d2-8d83-ec6e53142770");
    assert_eq!(user(&ada)["email"], "Ada@acme.example.com");
    assert_eq!(user(&ada)["locale"], "fr");
    assert!(user(&ada)["metadata"].is_object());
    assert_eq!(user(&grace)["defaultRole"], "editor");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_were_open_stay_open() {
    let (_database, server) = adopted().await;

    let ada = refresh(&server, "57c3f278-ea3c-4f5f-8f09-12a598d97c1c")
        .await
        .expect(200);
    let anonymous = refresh(&server, "e2e3c960-b1a3-4f01-a792-1fe4b990f4ac")
        .await
        .expect(200);

    assert_eq!(
        ada["refreshTokenId"],
        "7c4b324b-865b-4ee5-8919-0a187766fc10"
    );
    assert_eq!(anonymous["user"]["isAnonymous"], true);
    assert_eq!(anonymous["user"]["roles"], json!(["anonymous"]));
    server.refresh(&ada["refreshToken"]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_closed_stays_closed() {
    let (_database, server) = adopted().await;

    let sign_in = server
        .sign_in("disabled@acme.example.com", "locked out 4")
        .await;
    let disabled = refresh(&server, "ba902ee6-dd8e-421e-9352-8a0c06ad38bb").await;
    let totp = server
        .sign_in("totp@acme.example.com", "second factor 2")
        .await
        .expect(200);
    let pat = refresh(&server, "1ff86c00-f3a2-4a60-a480-d60bdd94ac18").await;

    sign_in.expect_error(401, "disabled-user", "User is disabled");
    disabled.expect_error(401, "disabled-user", "User is disabled");
    assert_eq!(totp.get("session"), None, "a second factor is needed");
    assert!(
        totp["mfa"]["ticket"]
            .as_str()
            .unwrap()
            .starts_with("mfaTotp:")
    );
    pat.expect_error(
        401,
        "invalid-refresh-token",
        "Invalid or expired refresh token",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_go_on_working_and_are_sealed() {
    let (database, server) = adopted().await;
    let app = Authenticator::new("VK26I57GGUUF6ZOP2LBIORXJDBWXWDLNHVZBXXICJN4KSBAGRJ3A");

    let first_step = server
        .sign_in("totp@acme.example.com", "second factor 2")
        .await
        .expect(200);
    let answer = server
        .second_step(&first_step["mfa"]["ticket"], &app.code())
        .await
        .expect(200);

    assert_eq!(user(&answer)["email"], "totp@acme.example.com");
    let sealed = "SELECT count(*) AS count FROM auth.users WHERE totp_secret LIKE 'v1:%'";
    assert_eq!(database.count(sealed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_and_everybody_is_numbered() {
    let (database, server) = adopted().await;

    assert_eq!(
        database
            .count("SELECT count(*) AS count FROM auth.users")
            .await,
        11
    );
    let numbers = "SELECT count(DISTINCT hasura_id) AS count FROM auth.users WHERE hasura_id > 1";
    assert_eq!(database.count(numbers).await, 11);
    let level = "SELECT version AS count FROM auth.schema_migrations WHERE NOT dirty";
    assert_eq!(database.count(level).await, 18);
    let john = server.legacy_sign_up("john").await;
    assert_eq!(john["hasura_id"], 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_while_an_index_waits_to_be_built() {
    let (database, server) = adopted().await;
    server.printed("index_what_grows").await;
    let Database::Postgres(url) = &database else {
        panic!("adopted databases are on PostgreSQL")
    };
    let writer = connect(url).await;
    let unindexed = "DROP INDEX auth.refresh_tokens_user_id_idx; \
        DELETE FROM auth.hasura_auth_migrations WHERE name LIKE '%index_what_grows'";
    writer.batch_execute(unindexed).await.unwrap();
    let written = "BEGIN; UPDATE auth.refresh_tokens SET metadata = NULL WHERE type = 'pat'";
    writer.batch_execute(written).await.unwrap();

    let second = ServerBuilder::new(&database)
        .set("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET)
        .start()
        .await;
    second.printed("building an index").await;
    second
        .sign_in("ada@acme.example.com", "correct horse 1")
        .await
        .expect(200);
    assert!(!second.output().contains("an index was built"));
    writer.batch_execute("COMMIT").await.unwrap();

    second.printed("an index was built").await;
}
