//! Commands for operators: whether a server would start, and what it would do.

use crate::support::{Database, Server, ServerBuilder, on_both_databases};

/// The output of a command, and whether it succeeded.
async fn run(builder: &ServerBuilder, arguments: &[&str]) -> (bool, String) {
    let output = builder.command().args(arguments).output().await.unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(printed).unwrap())
}

on_both_databases! {
    async fn a_dry_run_names_the_database_and_what_is_missing_and_prints_the_statements(database) {
        let builder = ServerBuilder::new(&database);

        let (outlook_is_good, outlook) = run(&builder, &["migrate", "--dry-run"]).await;
        let (_, statements) = run(&builder, &["migrate", "--sql"]).await;
        let (_, again) = run(&builder, &["migrate", "--dry-run"]).await;
        let (_, applied) = run(&builder, &["migrate"]).await;
        let (_, afterwards) = run(&builder, &["migrate", "--dry-run"]).await;

        assert!(outlook_is_good, "{outlook}");
        assert!(outlook.starts_with("database: "), "{outlook}");
        assert!(outlook.contains("\nto apply: 2026-11-21-200000_create"), "{outlook}");
        assert!(!outlook.contains("adopting"), "{outlook}");
        assert!(statements.starts_with("-- 2026-11-21-200000_create"), "{statements}");
        assert!(statements.contains("CREATE TABLE"), "{statements}");
        assert_eq!(again, outlook);
        assert!(applied.contains("applied: 2026-11-21-200000_create"), "{applied}");
        assert!(afterwards.ends_with("\nthe tables are up to date\n"), "{afterwards}");
    }

    async fn a_server_that_may_not_migrate_says_what_will(database) {
        let builder = ServerBuilder::new(&database).set("AUTH_MIGRATE_ON_START", "false");

        let (started, said) = run(&builder, &["serve"]).await;

        assert!(!started);
        assert!(said.contains("run `hasura-auth migrate`"), "{said}");
        let (migrated, said) = run(&builder, &["migrate"]).await;
        assert!(migrated, "{said}");
        builder.start().await.sign_up("ada@example.com").await;
    }

    async fn a_check_asks_every_service_that_is_named_and_writes_nothing(database) {
        let builder = ServerBuilder::new(&database);
        let alone = ["config", "check", "--online"];
        let (good, answers) = run(&builder, &alone).await;
        let nowhere = builder
            .clone()
            .set("AUTH_SMTP_HOST", "127.0.0.1")
            .set("AUTH_SMTP_PORT", "1")
            .set("AUTH_SMTP_SENDER", "auth@example.com")
            .set("AUTH_RATE_LIMIT_ENABLE", "true")
            .set("AUTH_RATE_LIMIT_REDIS_URL", "redis://127.0.0.1:1")
            .set("HASURA_GRAPHQL_GRAPHQL_URL", "http://127.0.0.1:1/v1/graphql")
            .set("HASURA_GRAPHQL_ADMIN_SECRET", "hunter2")
            .set("AUTH_JWT_CUSTOM_CLAIMS", r#"{"plan":"metadata.plan"}"#);

        let (bad, complaints) = run(&nowhere, &alone).await;
        let (offline, unasked) = run(&nowhere, &["config", "check"]).await;

        assert!(good, "{answers}");
        assert!(answers.contains("\ndatabase: answers; database: "), "{answers}");
        assert!(!bad);
        for service in ["SMTP: ", "Hasura: ", "Redis: "] {
            assert!(complaints.contains(service), "{service}: {complaints}");
            assert!(!unasked.contains(service), "{service}: {unasked}");
        }
        assert!(!complaints.contains("hunter2"), "{complaints}");
        assert!(offline, "{unasked}");
        let (_, outlook) = run(&builder, &["migrate", "--dry-run"]).await;
        assert!(outlook.contains("to apply: 2026-11-21-200000_create"), "{outlook}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_the_settings_can_be_a_file_of_settings() {
    let builder = ServerBuilder::new(&Database::sqlite());
    let (_, shown) = run(&builder, &["config", "show"]).await;
    let file = builder.folder().join("shown.toml");
    std::fs::write(&file, &shown).unwrap();

    let named = ["--config", file.to_str().unwrap(), "config", "check"];
    let (valid, said) = run(&builder, &named).await;

    assert!(valid, "{said}");
    assert!(shown.contains("\n# jwt.secret is not set\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flags_of_the_original_are_settings() {
    let builder = ServerBuilder::new(&Database::sqlite());

    let flags = ["--api-prefix", "/v1", "--disable-signup", "--smtp-user=ada"];
    let (shown, settings) = run(&builder, &[&flags[..], &["config", "show"]].concat()).await;
    let unheard_of = run(&builder, &["serve", "--unheard-of"]).await;

    assert!(shown, "{settings}");
    for line in [
        "server.api_prefix = \"/v1\"",
        "accounts.disable_sign_up = true",
        "smtp.user = \"ada\"",
    ] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
    assert!(!unheard_of.0 && unheard_of.1.contains("--unheard-of"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_made_signs_tokens() {
    for kind in ["HS256", "RS256", "ES384", "Ed25519"] {
        let builder = ServerBuilder::new(&Database::sqlite());
        let (made, secret) = run(&builder, &["keys", "generate", kind]).await;
        assert!(made, "{secret}");

        let server = builder.set("HASURA_GRAPHQL_JWT_SECRET", secret.trim());
        let server: Server = server.start().await;

        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();
        server.get_as(token, "/user").await.expect(200);
    }
}
