//! Secrets of second factors are encrypted in the database, and stay readable.

use serde_json::json;

use crate::support::{Authenticator, Database, Server, ServerBuilder, on_both_databases};

const JWT_SECRET: &str = r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef"}"#;
const SEALED: &str = "SELECT count(*) AS count FROM auth.users WHERE totp_secret LIKE 'v1:%'";

/// The stored form of a secret in Hasura Auth before 0.43.
const PLAIN: &str = "VK26I57GGUUF6ZOP2LBIORXJDBWXWDLNHVZBXXICJN4KSBAGRJ3A";

fn configured(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .with_mfa()
        .set("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET)
}

fn with_key(database: &Database, key: &str) -> ServerBuilder {
    configured(database).set("AUTH_ENCRYPTION_KEY", key)
}

/// `ada@example.com` as Hasura Auth stored her, on a server that never saw her secret.
async fn left_behind(server: &Server, database: &Database) -> Authenticator {
    server.sign_up("ada@example.com").await;
    let left = format!("UPDATE auth.users SET active_mfa_type = 'totp', totp_secret = '{PLAIN}'");
    database.execute(&left).await;
    Authenticator::new(PLAIN)
}

on_both_databases! {
    async fn a_new_secret_is_stored_sealed(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let ada = server.enrolled("ada@example.com").await;

        assert_eq!(database.count(SEALED).await, 1);

        // A secret that is not activated yet is no plain text either.
        server.activate(&ada, &ada.app.code()).await.expect(200);
        server.generate(&ada.token).await.expect(200);
        let waiting = "SELECT count(*) AS count FROM auth.totp_waiting_secrets \
                       WHERE secret LIKE 'v1:%'";
        assert_eq!(database.count(waiting).await, 1);
        let key = server.folder().join("data/encryption-key");
        let key = std::fs::read_to_string(key).unwrap();
        assert!(!server.output().contains(&key));
    }

    async fn a_plain_secret_of_hasura_auth_works_and_is_sealed_by_its_use(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let app = left_behind(&server, &database).await;
        assert_eq!(database.count(SEALED).await, 0);

        let code = app.code();
        server.sign_in_with("ada@example.com", &code).await.expect(200);

        assert_eq!(database.count(SEALED).await, 1);
        server.sign_in_with("ada@example.com", &code).await.expect(401);
        server.sign_in_with("ada@example.com", &app.next_code()).await.expect(200);
    }

    async fn a_secret_copied_to_another_user_does_not_open(database) {
        let server = ServerBuilder::new(&database).with_mfa().start().await;
        let ada = server.protected("ada@example.com").await;
        let eve = server.protected("eve@example.com").await;
        let copy = "UPDATE auth.users SET totp_secret = (SELECT mine.totp_secret \
                    FROM auth.users AS mine WHERE mine.email = 'eve@example.com') \
                    WHERE email = 'ada@example.com'";
        database.execute(copy).await;

        let answer = server.sign_in_with(&ada.email, &eve.app.code()).await;

        let message = "Internal server error";
        answer.expect_error(500, "internal-server-error", message);
        server.printed("does not open with the encryption key").await;
    }

    async fn without_an_encryption_key_one_is_derived_until_it_is_set(database) {
        let before = configured(&database).start().await;
        let ada = before.protected("ada@example.com").await;
        let answer = before.recovery_codes(&ada, &ada.app.code()).await.expect(200);
        let recovery_code = answer["recoveryCodes"][0].as_str().unwrap();

        let after = with_key(&database, &"ab".repeat(32)).start().await;

        after.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
        after.sign_in_with(&ada.email, recovery_code).await.expect(200);
        // The former key does not open what the new key sealed.
        let eve = after.protected("eve@example.com").await;
        before.sign_in_with(&eve.email, &eve.app.code()).await.expect(500);
    }

    async fn what_was_used_since_the_key_was_set_outlives_the_derived_one(database) {
        let key = "ab".repeat(32);
        let before = configured(&database).start().await;
        let ada = before.protected("ada@example.com").await;
        drop(before);
        let between = with_key(&database, &key).start().await;
        between.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
        drop(between);

        let other = r#"{"type":"HS256","key":"another secret of thirty-two bytes"}"#;
        let after = with_key(&database, &key)
            .set("HASURA_GRAPHQL_JWT_SECRET", other)
            .start()
            .await;

        after.sign_in_with(&ada.email, &ada.app.next_code()).await.expect(200);
    }

    async fn with_a_lost_key_a_recovery_code_is_of_no_use_either(database) {
        let first = with_key(&database, &"ab".repeat(32)).start().await;
        let ada = first.protected("ada@example.com").await;
        let answer = first.recovery_codes(&ada, &ada.app.code()).await.expect(200);
        let recovery_code = answer["recoveryCodes"][0].as_str().unwrap();

        let other = with_key(&database, &"cd".repeat(32)).start().await;

        other.sign_in_with(&ada.email, &ada.app.code()).await.expect(500);
        other.sign_in_with(&ada.email, recovery_code).await.expect(401);
        first.sign_in_with(&ada.email, recovery_code).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_keeps_the_server_from_starting_and_is_not_shown() {
    let database = Database::sqlite();
    let builder = with_key(&database, "hunter2");

    let output = builder.command().output().await.unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.contains("AUTH_ENCRYPTION_KEY") && said.contains("64 hexadecimal"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_stand_in_a_file() {
    let database = Database::sqlite();
    let builder = configured(&database);
    let file = builder.folder().join("key");
    std::fs::write(&file, format!("{}\n", "ab".repeat(32))).unwrap();
    let server = builder
        .set("AUTH_ENCRYPTION_KEY_FILE", file.to_str().unwrap())
        .start()
        .await;
    let ada = server.protected("ada@example.com").await;

    let other = with_key(&database, &"ab".repeat(32)).start().await;

    let ticket = other.mfa_ticket(&ada.email).await;
    let answer = other
        .second_step(&ticket, &ada.app.code())
        .await
        .expect(200);
    assert_eq!(answer["session"]["user"]["email"], json!("ada@example.com"));
}
