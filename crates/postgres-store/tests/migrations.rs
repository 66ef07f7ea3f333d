//! Migrating: empty databases, those of Hasura Auth, and those that are refused.

mod support;

use auth_domain::{
    DateTime, Utc,
    identity::{IdentityKey, ProviderId, Subject},
    ports::{RefreshGate, RefreshRotation, Store, UserLookup},
    session::{AuthMethod, Device, PlainRefreshToken},
    ticket::{RedeemedTicket, Ticket},
    user::{EmailAddress, MfaMethod, UserId},
};
use postgres_store::MigrateError;
use store_testkit::samples::{at, exchange_code_hash, linked_identity};
use support::{Database, migration_names};
use tokio::task::JoinSet;

/// How many migrations there are: one for each folder.
fn all() -> usize {
    migration_names().len()
}

/// Every object and every row that a migration could leave behind.
const EVERYTHING: &str = "
SELECT oid::regclass::text, relkind::text FROM pg_class
WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
UNION ALL SELECT extname::text, 'extension' FROM pg_extension
UNION ALL SELECT nspname::text, 'schema' FROM pg_namespace
ORDER BY 1, 2";

/// Indexes that cost as much as others and are good for nothing.
const HALF_BUILT: &str =
    "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready";

const USERS: &str = "
SELECT to_jsonb(account) - 'hasura_id' - 'username' - 'new_phone_number' \
    - 'pending_sms_deanonymize_options' FROM auth.users AS account ORDER BY id";

const TOKENS_AND_ROLES: &str = "
SELECT to_jsonb(token) - '{auth_methods,last_seen_at,user_agent,client_network}'::text[]
    FROM auth.refresh_tokens AS token
UNION ALL SELECT to_jsonb(held) FROM auth.user_roles AS held
UNION ALL SELECT to_jsonb(linked) FROM auth.user_providers AS linked
UNION ALL SELECT to_jsonb(profile) FROM public.profiles AS profile
ORDER BY 1";

#[tokio::test]
async fn an_empty_database_gets_everything() {
    let database = Database::create().await;

    let applied = database.migrate().await.unwrap();

    assert_eq!(applied.len(), all());
    let noted = database
        .rows("SELECT name FROM auth.hasura_auth_migrations ORDER BY name")
        .await;
    assert_eq!(noted, applied);
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    let database = Database::create_migrated().await;

    assert_eq!(database.pending().await.unwrap(), [""; 0]);
    assert_eq!(database.migrate().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_migration_that_is_new_is_applied_alone() {
    let database = Database::create_migrated().await;
    let newest = "ALTER TABLE auth.exchange_codes DROP COLUMN auth_methods; \
        DELETE FROM auth.hasura_auth_migrations WHERE name LIKE '%methods_of_exchange_codes'";
    database.execute(newest).await;

    let pending = database.pending().await.unwrap();
    let applied = database.migrate().await.unwrap();

    assert_eq!(applied.len(), 1);
    assert_eq!(pending, applied);
}

#[tokio::test]
async fn a_store_tells_whether_migrations_are_missing() {
    let database = Database::create().await;
    let store = database.store().await;
    let before = store.is_migrated().await.unwrap();

    database.migrate().await.unwrap();
    let after = store.is_migrated().await.unwrap();
    let later = "INSERT INTO auth.hasura_auth_migrations VALUES ('9999-of-a-later-version')";
    database.execute(later).await;
    let later = store.is_migrated().await.unwrap();
    let outdated = "DELETE FROM auth.hasura_auth_migrations WHERE name LIKE '%add_username'";
    database.execute(outdated).await;
    let outdated = store.is_migrated().await.unwrap();

    assert_eq!((before, after, later, outdated), (false, true, true, false));
}

#[tokio::test]
async fn migrations_that_the_server_may_not_read_about_are_taken_for_applied() {
    let database = Database::create_migrated().await;
    let other_user = "DO $$ BEGIN CREATE ROLE store_user; EXCEPTION WHEN duplicate_object THEN END $$; \
         GRANT USAGE ON SCHEMA auth TO store_user; \
         DO $$ BEGIN \
             EXECUTE format('ALTER DATABASE %I SET role = store_user', current_database()); \
         END $$";
    database.execute(other_user).await;
    let store = database.store().await;

    let unreadable = store.is_migrated().await;

    assert_eq!(database.value("SELECT current_user").await, "store_user");
    assert!(unreadable.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_servers_that_start_at_once_all_succeed() {
    let empty = Database::create().await;
    let adopted = Database::create_used_by_hasura_auth().await;

    for database in [empty, adopted] {
        let mut servers = JoinSet::new();
        for _ in 0..10 {
            let url = database.url();
            servers.spawn(async move {
                let runtime = tokio::runtime::Handle::current();
                postgres_store::migrate(&url, &runtime).await.unwrap().len()
            });
        }
        let applied = servers.join_all().await;

        assert_eq!(applied.iter().sum::<usize>(), all(), "{applied:?}");
        assert_eq!(database.rows(HALF_BUILT).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_dry_run_of_an_empty_database_changes_nothing() {
    let database = Database::create().await;
    let before = database.rows(EVERYTHING).await;

    let pending = database.pending().await.unwrap();

    assert_eq!(pending.len(), all());
    assert_eq!(database.rows(EVERYTHING).await, before);
}

#[tokio::test]
async fn a_dry_run_of_an_adopted_database_changes_nothing() {
    let database = Database::create_used_by_hasura_auth().await;
    let before = database.rows(EVERYTHING).await;

    let pending = database.pending().await.unwrap();

    assert_eq!(pending.len(), all());
    assert_eq!(database.rows(EVERYTHING).await, before);
}

#[tokio::test]
async fn users_of_hasura_auth_stay_as_they_are() {
    let database = Database::create_used_by_hasura_auth().await;
    let users = database.rows(USERS).await;
    let others = database.rows(TOKENS_AND_ROLES).await;

    database.migrate().await.unwrap();

    assert_eq!(users.len(), 11);
    assert_eq!(database.rows(USERS).await, users);
    assert_eq!(database.rows(TOKENS_AND_ROLES).await, others);
}

#[tokio::test]
async fn users_of_hasura_auth_are_numbered_from_two() {
    let database = Database::create_used_by_hasura_auth().await;

    database.migrate().await.unwrap();

    let numbers = database
        .rows("SELECT hasura_id FROM auth.users ORDER BY hasura_id")
        .await;
    let expected: Vec<_> = (2..=12).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn hasura_auth_can_go_on_inserting() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();

    let inserted = database
        .value(
            "WITH account AS (
                INSERT INTO auth.users (id, disabled, display_name, avatar_url, locale, email)
                VALUES (gen_random_uuid(), false, 'New', '', 'en', 'new@acme.example.com')
                RETURNING id, hasura_id
            ), held AS (
                INSERT INTO auth.user_roles (user_id, role) SELECT id, 'user' FROM account
            ), token AS (
                INSERT INTO auth.refresh_tokens (user_id, refresh_token_hash, expires_at)
                SELECT id, '\\x00', now() FROM account
            ) SELECT hasura_id FROM account",
        )
        .await;

    assert_eq!(inserted, "13");
}

#[tokio::test]
async fn sessions_of_hasura_auth_go_on() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    // Ada's, as the client holds it.
    let token = PlainRefreshToken::parse("57c3f278-ea3c-4f5f-8f09-12a598d97c1c").unwrap();
    let now = DateTime::from_timestamp_secs(1_800_000_000).unwrap();

    let rotated = store
        .rotate_refresh_token(&RefreshRotation {
            presented: token.hashed(),
            successor: PlainRefreshToken::parse("9245dad6-1ed5-4350-b43f-b674d2e85ce3")
                .unwrap()
                .hashed(),
            now,
            expires_at: now,
            remember_for: std::time::Duration::from_hours(1),
            gate: RefreshGate {
                verified_email: true,
            },
            device: Device::default(),
        })
        .await
        .unwrap()
        .unwrap();

    let id = "7c4b324b-865b-4ee5-8919-0a187766fc10";
    assert_eq!(rotated.id.0.to_string(), id);
    assert_eq!(rotated.user.display_name, "Ada Lovelace");
}

#[tokio::test]
async fn pending_tickets_of_hasura_auth_are_taken_once_each() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    // The dump puts their end a hundred years off.
    let in_time = DateTime::from_timestamp_secs(1_800_000_000).unwrap();
    let too_late = "2126-01-01T00:00:00Z".parse().unwrap();

    for (ticket, holder) in [
        (
            "emailConfirmChange:07c89006-2b6c-42b3-9689-e6ea49c9e8ab",
            "8031fda2-1cee-45cb-8437-e0b7637e0e51",
        ),
        (
            "passwordReset:e106bc23-a6ae-43e2-b12b-40cea9395407",
            "8b98f6cd-7470-4722-8bae-b060997d31a8",
        ),
        (
            "passwordlessEmail:0450e66f-4044-4bed-995c-533a3a6b36de",
            "606b1557-db77-4ea3-985e-01e547647ac3",
        ),
    ] {
        let ticket = Ticket::parse(ticket).unwrap();
        assert_eq!(take(&store, &ticket, too_late).await, None, "{ticket:?}");

        let taken = take(&store, &ticket, in_time).await.unwrap();
        assert_eq!(taken.user_id.to_string(), holder);
        assert_eq!(taken.code_challenge, None);

        assert_eq!(take(&store, &ticket, in_time).await, None, "{ticket:?}");
    }
}

#[tokio::test]
async fn pending_email_change_of_hasura_auth_can_be_confirmed() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let id = UserId("8031fda2-1cee-45cb-8437-e0b7637e0e51".parse().unwrap());

    let mut work = store.begin().await.unwrap();
    assert!(work.users().move_to_new_email(id).await.unwrap());
    work.commit().await.unwrap();

    let changed = EmailAddress::parse("changed@acme.example.com").unwrap();
    let found = store.find_user(UserLookup::Email(&changed)).await.unwrap();
    assert_eq!(found.unwrap().id, id);
}

#[tokio::test]
async fn users_of_hasura_auth_are_found_by_what_they_are_linked_with() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let holder = async |provider, subject| {
        let key = IdentityKey {
            provider: ProviderId::of(provider),
            subject: Subject::parse(subject).unwrap(),
        };
        let found = store.find_user(UserLookup::Identity(&key)).await;
        found.unwrap().map(|it| it.id.to_string())
    };

    let octocat = "4faf80ce-42a3-4636-9f6f-6402ae8c3caa";
    assert_eq!(holder("github", "583231").await.as_deref(), Some(octocat));
    assert_eq!(holder("google", "583231").await, None);
    assert_eq!(holder("github", "58323").await, None);
}

#[tokio::test]
async fn links_are_stored_as_hasura_auth_does() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let ada = UserId("dd8b384b-9371-49d2-8d83-ec6e53142770".parse().unwrap());

    let mut work = store.begin().await.unwrap();
    let link = linked_identity("first", ada);
    work.identities().link(&link).await.unwrap();
    work.commit().await.unwrap();

    let alike = "SELECT access_token, refresh_token, provider_id, created_at = updated_at, count(*) \
                 FROM auth.user_providers GROUP BY 1, 2, 3, 4";
    assert_eq!(database.rows(alike).await, ["unset|NULL|github|t|2"]);
}

#[tokio::test]
async fn exchange_codes_of_the_release_before_came_of_mailed_links() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let hash = exchange_code_hash("first");
    let insert = format!(
        "INSERT INTO auth.exchange_codes (code_hash, user_id, code_challenge, expires_at) \
         SELECT '{}', id, 'challenge', now() FROM auth.users LIMIT 1",
        hash.as_str()
    );
    database.execute(&insert).await;

    let mut work = store.begin().await.unwrap();
    let taken = work.tickets().take_exchange_code(&hash, at(0)).await;
    work.commit().await.unwrap();

    assert_eq!(taken.unwrap().unwrap().methods, AuthMethod::Email.into());
}

#[tokio::test]
async fn users_of_hasura_auth_are_read_in_full() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let find = async |address: &str| {
        let email = EmailAddress::parse(address).unwrap();
        let found = store.find_user(UserLookup::Email(&email)).await;
        found.unwrap().unwrap()
    };

    let ada = find("ada@ACME.example.com").await;
    let grace = find("grace@acme.example.com").await;
    let totp = find("totp@acme.example.com").await;

    assert_eq!(ada.email.unwrap().as_str(), "Ada@acme.example.com");
    assert_eq!(ada.locale.as_str(), "fr");
    assert_eq!(ada.metadata.unwrap()["deep"]["a"][1], 2);
    // Hasura Auth gives all roles the same time; then their names decide.
    let roles: Vec<_> = ada.roles.iter().map(ToString::to_string).collect();
    assert_eq!(roles, ["editor", "me", "user"]);
    assert_eq!(grace.default_role.as_str(), "editor");
    // Hasura Auth stores an absent value as JSON's null.
    assert_eq!(grace.metadata, Some(serde_json::Value::Null));
    assert_eq!(totp.active_mfa, Some(MfaMethod::Totp));
}

#[tokio::test]
async fn a_later_level_is_accepted() {
    let database = Database::create_used_by_hasura_auth().await;
    set_level(&database, 27, false).await;

    assert_eq!(database.migrate().await.unwrap().len(), all());
}

#[tokio::test]
async fn columns_of_a_later_level_stay_as_they_are() {
    let database = Database::create_used_by_hasura_auth().await;
    set_level(&database, 27, false).await;
    let later = "ALTER TABLE auth.users ADD COLUMN new_phone_number text, \
                 ADD COLUMN pending_sms_deanonymize_options jsonb";
    for statement in [later, "UPDATE auth.users SET new_phone_number = '+41'"] {
        database.execute(statement).await;
    }

    database.migrate().await.unwrap();

    let noted = "SELECT to_jsonb(new_phone_number) FROM auth.users";
    assert_eq!(database.rows(noted).await, ["\"+41\""; 11]);
}

#[tokio::test]
async fn an_earlier_level_is_refused() {
    let database = Database::create_used_by_hasura_auth().await;
    set_level(&database, 17, false).await;

    let refusal = refusal(&database).await;

    assert!(matches!(refusal, MigrateError::TooOld { level: 17 }));
    assert!(refusal.to_string().contains("start Hasura Auth 0.42 once"));
}

#[tokio::test]
async fn a_schema_without_a_level_is_refused() {
    let database = Database::create_used_by_hasura_auth().await;
    database.execute("DELETE FROM auth.schema_migrations").await;

    let refusal = refusal(&database).await;

    assert!(matches!(refusal, MigrateError::TooOld { level: 0 }));
}

#[tokio::test]
async fn a_dirty_level_is_refused() {
    let database = Database::create_used_by_hasura_auth().await;
    set_level(&database, 18, true).await;

    let refusal = refusal(&database).await;

    assert!(matches!(refusal, MigrateError::Dirty { level: 18 }));
    assert!(refusal.to_string().contains("restore a backup"));
}

#[tokio::test]
async fn a_schema_made_by_the_node_server_is_refused() {
    let database = Database::create_used_by_hasura_auth().await;
    let rename = "DROP TABLE auth.schema_migrations; CREATE TABLE auth.migrations (id integer)";
    database.execute(rename).await;

    let refusal = refusal(&database).await;

    assert!(matches!(refusal, MigrateError::MadeForNode));
    assert!(refusal.to_string().contains("start Hasura Auth 0.42 once"));
}

#[tokio::test]
async fn a_table_of_users_from_elsewhere_is_refused() {
    let database = Database::create().await;
    let foreign = "CREATE SCHEMA auth; CREATE TABLE auth.users (id integer)";
    database.execute(foreign).await;

    assert!(matches!(refusal(&database).await, MigrateError::Unknown));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let database = Database::create_used_by_hasura_auth().await;
    // Stands in the way of a migration after several others.
    let obstacle = "CREATE TABLE auth.exchange_codes (id integer)";
    database.execute(obstacle).await;
    let before = database.rows(EVERYTHING).await;

    let failure = database.migrate().await.unwrap_err();

    assert!(
        matches!(failure, MigrateError::Failed { name, .. } if name.ends_with("create_exchange_codes"))
    );
    assert_eq!(database.rows(EVERYTHING).await, before);
}

#[tokio::test]
async fn a_role_that_owns_only_the_schema_may_migrate() {
    let database = Database::create().await;
    database
        .execute(
            "CREATE EXTENSION citext; CREATE EXTENSION pgcrypto; CREATE SCHEMA auth; \
             DO $$ BEGIN CREATE ROLE schema_owner; EXCEPTION WHEN duplicate_object THEN END $$; \
             ALTER SCHEMA auth OWNER TO schema_owner",
        )
        .await;
    let set_role = "DO $$ BEGIN EXECUTE format(\
        'ALTER DATABASE %I SET role = schema_owner', current_database()); END $$";
    database.execute(set_role).await;

    assert_eq!(database.migrate().await.unwrap().len(), all());
}

#[expect(clippy::unwrap_used, reason = "part of the tests above")]
async fn take(store: &dyn Store, ticket: &Ticket, now: DateTime<Utc>) -> Option<RedeemedTicket> {
    let mut work = store.begin().await.unwrap();
    let taken = work.tickets().take(ticket, now).await.unwrap();
    work.commit().await.unwrap();
    taken
}

async fn set_level(database: &Database, version: i32, dirty: bool) {
    let set = format!("UPDATE auth.schema_migrations SET version = {version}, dirty = {dirty}");
    database.execute(&set).await;
}

/// The refusal, which must be the same for a dry run and must have changed nothing.
#[expect(clippy::unwrap_used, reason = "part of the tests above")]
async fn refusal(database: &Database) -> MigrateError {
    let before = database.rows(EVERYTHING).await;

    let pending = database.pending().await.unwrap_err();
    let refusal = database.migrate().await.unwrap_err();

    assert_eq!(pending.to_string(), refusal.to_string());
    assert_eq!(database.rows(EVERYTHING).await, before);
    refusal
}

/// What is left of a database that was restored from a dump of its schema alone: with the extension
/// every column of its type is missing.
const WITHOUT_CITEXT: &str = "DROP EXTENSION citext CASCADE";

#[tokio::test]
async fn a_database_restored_without_citext_is_recognised() {
    for left_out in [
        WITHOUT_CITEXT,
        "DROP TABLE auth.users CASCADE; DROP EXTENSION citext CASCADE",
    ] {
        let database = Database::create_migrated().await;
        database.execute(left_out).await;
        let before = database.rows(EVERYTHING).await;

        let migrated = database.migrate().await;
        let pending = database.pending().await;

        assert!(
            matches!(migrated, Err(MigrateError::NoCitext)),
            "{migrated:?}"
        );
        assert!(
            matches!(pending, Err(MigrateError::NoCitext)),
            "{pending:?}"
        );
        assert_eq!(database.rows(EVERYTHING).await, before);
    }
}

#[tokio::test]
async fn a_database_of_hasura_auth_restored_in_part_is_recognised_before_it_is_adopted() {
    let of_hasura_auth = Database::create_used_by_hasura_auth;
    let database = of_hasura_auth().await;
    database.execute(WITHOUT_CITEXT).await;
    assert!(matches!(refusal(&database).await, MigrateError::NoCitext));

    let database = of_hasura_auth().await;
    database
        .execute("DROP TABLE auth.users CASCADE; DROP EXTENSION pgcrypto CASCADE")
        .await;
    match refusal(&database).await {
        MigrateError::Incomplete { missing } => {
            assert_eq!(missing, "auth.users, the extension pgcrypto");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_database_restored_in_part_is_recognised_and_the_parts_are_named() {
    for (left_out, named) in [
        ("DROP TABLE auth.tickets CASCADE", "auth.tickets"),
        ("DROP TABLE auth.users CASCADE", "auth.users"),
        (
            "DROP EXTENSION citext CASCADE; CREATE EXTENSION citext WITH SCHEMA public",
            "the column email of auth.users",
        ),
    ] {
        let database = Database::create_migrated().await;
        database.execute(left_out).await;

        let migrated = database.migrate().await;

        match migrated {
            Err(MigrateError::Incomplete { missing }) => assert_eq!(missing, named),
            other => panic!("{left_out}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn pgcrypto_is_made_again() {
    let database = Database::create_migrated().await;
    database.execute("DROP EXTENSION pgcrypto CASCADE").await;

    assert_eq!(database.migrate().await.unwrap(), [""; 0]);

    let made = "SELECT extname::text FROM pg_extension WHERE extname = 'pgcrypto'";
    assert_eq!(database.rows(made).await, ["pgcrypto"]);
}
