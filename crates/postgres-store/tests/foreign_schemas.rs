//! A schema `auth` that others made, and extensions that are not in `public`.

mod support;

use auth_domain::{
    ports::{Store, UserLookup},
    user::EmailAddress,
};
use postgres_store::MigrateError;
use support::{Database, migration_names};

/// What Hasura Backend Plus 2 makes, as far as it matters.
const BACKEND_PLUS: &str = "
CREATE SCHEMA auth;
CREATE TABLE auth.roles (role text PRIMARY KEY);
CREATE TABLE auth.accounts (id uuid PRIMARY KEY, email text);
CREATE TABLE auth.account_roles (account_id uuid, role text REFERENCES auth.roles);
CREATE TABLE auth.refresh_tokens (refresh_token uuid PRIMARY KEY);
CREATE TABLE auth.migrations (id integer PRIMARY KEY, name text);";

/// What Supabase makes, as far as it matters.
const SUPABASE: &str = "
CREATE SCHEMA extensions;
CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
CREATE SCHEMA auth;
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
INSERT INTO auth.schema_migrations VALUES ('20240115144230');
CREATE TABLE auth.users (instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), email text);
CREATE TABLE auth.identities (id uuid PRIMARY KEY);
CREATE TABLE auth.instances (id uuid PRIMARY KEY);
CREATE TABLE auth.audit_log_entries (id uuid PRIMARY KEY);";

/// The way out that an error names: what stands in its first pair of backquotes after `run`.
#[expect(clippy::unwrap_used, reason = "part of the tests below")]
fn way_out(error: &MigrateError) -> String {
    let text = error.to_string();
    let (_, rest) = text.split_once("run `").unwrap();
    let (statement, _) = rest.split_once('`').unwrap();
    statement.to_owned()
}

#[expect(clippy::unwrap_used, reason = "part of the tests below")]
async fn refusal(database: &Database) -> MigrateError {
    let pending = database.pending().await.unwrap_err();
    let error = database.migrate().await.unwrap_err();
    assert_eq!(pending.to_string(), error.to_string());
    error
}

#[tokio::test]
async fn hasura_backend_plus_is_recognised_and_makes_way() {
    let database = Database::create().await;
    database.execute(BACKEND_PLUS).await;

    let error = refusal(&database).await;
    assert!(matches!(error, MigrateError::BackendPlus), "{error}");
    database.execute(&way_out(&error)).await;

    let applied = database.migrate().await.unwrap();
    assert_eq!(applied.len(), migration_names().len());
    assert_eq!(
        database
            .value("SELECT count(*) FROM backend_plus.accounts")
            .await,
        "0"
    );
}

#[tokio::test]
async fn supabase_is_recognised_and_left_alone() {
    let database = Database::create().await;
    database.execute(SUPABASE).await;

    let error = refusal(&database).await;

    assert!(matches!(error, MigrateError::Supabase), "{error}");
    assert!(error.to_string().contains("CREATE DATABASE"), "{error}");
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'auth'::regnamespace \
        AND relkind = 'r'";
    assert_eq!(database.value(tables).await, "5");
}

#[tokio::test]
async fn the_migrations_of_another_tool_are_not_taken_for_those_of_hasura_auth() {
    let database = Database::create().await;
    database
        .execute(
            "CREATE SCHEMA auth;
             CREATE TABLE auth.schema_migrations (version varchar(14) PRIMARY KEY);
             INSERT INTO auth.schema_migrations VALUES ('20240115144230');
             CREATE TABLE auth.migrations (id integer);",
        )
        .await;

    let error = refusal(&database).await;
    let told = error.to_string();
    assert!(told.contains("the table auth.schema_migrations,"), "{told}");
    database
        .execute("CREATE TABLE auth.users (id integer)")
        .await;
    assert!(matches!(
        refusal(&database).await,
        MigrateError::MadeForNode
    ));
    database.execute("DROP TABLE auth.migrations").await;
    assert!(matches!(refusal(&database).await, MigrateError::Unknown));
    database.execute("DROP TABLE auth.users").await;

    database.execute(&way_out(&error)).await;
    database.migrate().await.unwrap();
    let kept = "SELECT version FROM former_auth.schema_migrations";
    assert_eq!(database.value(kept).await, "20240115144230");
}

#[tokio::test]
async fn a_function_in_the_way_is_named_and_goes_on_working_under_another_name() {
    let database = Database::create().await;
    database
        .execute(
            "CREATE SCHEMA auth;
             CREATE FUNCTION auth.set_current_timestamp_updated_at() RETURNS trigger
                 LANGUAGE plpgsql AS 'BEGIN new.updated_at = ''2001-01-01''; RETURN new; END';
             CREATE TABLE public.notes (id integer, updated_at date);
             INSERT INTO public.notes VALUES (1, '2000-01-01');
             CREATE TRIGGER touch BEFORE UPDATE ON public.notes
                 FOR EACH ROW EXECUTE FUNCTION auth.set_current_timestamp_updated_at();",
        )
        .await;

    let error = refusal(&database).await;
    let told = error.to_string();
    assert!(
        told.contains("the function auth.set_current_timestamp_updated_at()"),
        "{told}"
    );
    database.execute(&way_out(&error)).await;

    database.migrate().await.unwrap();
    database.execute("UPDATE public.notes SET id = 2").await;
    let touched = database.value("SELECT updated_at FROM public.notes").await;
    assert_eq!(touched, "2001-01-01");
}

#[tokio::test]
async fn tables_and_types_in_the_way_make_way_with_their_schema() {
    let database = Database::create().await;
    database
        .execute("CREATE SCHEMA auth; CREATE TABLE auth.roles (role text CONSTRAINT roles_pkey PRIMARY KEY);
                  CREATE DOMAIN auth.email AS text;")
        .await;

    let error = refusal(&database).await;
    let told = error.to_string();
    for object in ["the table auth.roles", "the type auth.email"] {
        assert!(told.contains(object), "{told}");
    }
    database.execute(&way_out(&error)).await;

    database.migrate().await.unwrap();
}

#[tokio::test]
async fn an_empty_schema_with_the_objects_of_others_is_no_obstacle() {
    let database = Database::create().await;
    database
        .execute("CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid';")
        .await;

    database.migrate().await.unwrap();
}

/// As providers of databases have them.
#[tokio::test]
async fn extensions_are_used_where_they_are() {
    for schema in ["extensions", "\"My Extensions\""] {
        let database = Database::create().await;
        database
            .execute(&format!(
                "CREATE SCHEMA {schema}; CREATE EXTENSION citext WITH SCHEMA {schema};
                 CREATE EXTENSION pgcrypto WITH SCHEMA {schema};"
            ))
            .await;

        database.migrate().await.unwrap();
        database
            .execute(
                "INSERT INTO auth.users (id, locale, email, display_name) VALUES
                 ('dd8b384b-9371-49d2-8d83-ec6e53142770', 'en', 'Ada@Example.com', 'Ada')",
            )
            .await;
        let store = database.store().await;
        let email = EmailAddress::parse("ADA@EXAMPLE.COM").unwrap();
        let lookup = UserLookup::Email(&email);

        let directly = store.find_user(lookup).await.unwrap();
        let mut work = store.begin().await.unwrap();
        let in_work = work.users().find(lookup).await.unwrap();
        work.rollback().await.unwrap();

        assert!(directly.is_some() && in_work.is_some(), "{schema}");
        let twice = "INSERT INTO auth.users (locale, email) VALUES ('en', 'ada@example.com') \
            ON CONFLICT DO NOTHING";
        database.execute(twice).await;
        assert_eq!(database.value("SELECT count(*) FROM auth.users").await, "1");
        let extension =
            "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'";
        assert_eq!(database.value(extension).await, schema);
    }
}
