//! What the migrations make, compared with what Hasura Auth made.

mod support;

use support::{Database, migration_names, script};

/// Everything in the schema `auth` that has a name, a type or a text, one line each.
const CATALOG: &str = "
SELECT concat_ws(' ', 'column', attrelid::regclass, attnum, attname,
    format_type(atttypid, atttypmod), attnotnull, attidentity,
    pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
FROM pg_attribute
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'auth'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT concat_ws(' ', 'table', relname, relkind, relpersistence, obj_description(oid, 'pg_class'))
FROM pg_class WHERE relnamespace = 'auth'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'constraint', conrelid::regclass, contypid::regtype, conname,
    pg_get_constraintdef(oid), convalidated)
FROM pg_constraint WHERE connamespace = 'auth'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'auth'
UNION ALL
SELECT concat_ws(' ', 'trigger', tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid))
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = 'auth'::regnamespace AND NOT tgisinternal
UNION ALL
SELECT concat_ws(' ', 'function', pg_get_functiondef(oid))
FROM pg_proc WHERE pronamespace = 'auth'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'domain', typname, format_type(typbasetype, typtypmod), typnotnull)
FROM pg_type WHERE typnamespace = 'auth'::regnamespace AND typtype = 'd'
UNION ALL
SELECT concat_ws(' ', 'extension', extname, extnamespace::regnamespace)
FROM pg_extension
UNION ALL
SELECT concat_ws(' ', 'sequence', sequencename, start_value, increment_by, data_type)
FROM pg_sequences WHERE schemaname = 'auth'
ORDER BY 1";

/// What Hasura Auth's migrations put into its tables.
const SEEDS: &str = "
SELECT concat_ws(' ', 'role', role) FROM auth.roles WHERE role <> 'editor'
UNION ALL
SELECT concat_ws(' ', 'provider', id) FROM auth.providers
UNION ALL
SELECT concat_ws(' ', 'type', value, comment) FROM auth.refresh_token_types
UNION ALL
SELECT concat_ws(' ', 'level', version, dirty) FROM auth.schema_migrations
ORDER BY 1";

/// Who may be looked at without a schema in front depends on it; so it is the same everywhere.
const SAME_NAMES: &str = "SET search_path = ''; ";

#[tokio::test]
async fn the_first_migration_makes_the_schema_of_hasura_auth() {
    let theirs = Database::create_used_by_hasura_auth().await;
    let ours = Database::create().await;
    ours.execute(&script("up", &migration_names()[0])).await;

    assert_eq!(catalog(&ours).await, catalog(&theirs).await);
    // `editor` is a role that the installation added.
    assert_eq!(ours.rows(SEEDS).await, theirs.rows(SEEDS).await);
}

#[tokio::test]
async fn an_adopted_database_ends_up_like_an_empty_one() {
    let adopted = Database::create_used_by_hasura_auth().await;
    adopted.migrate().await.unwrap();
    let empty = Database::create_migrated().await;

    assert_eq!(catalog(&adopted).await, catalog(&empty).await);
}

#[tokio::test]
async fn every_migration_can_be_undone_and_done_again() {
    let database = Database::create().await;
    let names = migration_names();
    let mut before = Vec::new();
    for name in &names {
        before.push(catalog(&database).await);
        database.apply(name).await;
    }
    let all = catalog(&database).await;

    for (name, before) in names.iter().zip(before).rev() {
        database.execute(&script("down", name)).await;
        assert_eq!(
            without_extensions(catalog(&database).await),
            without_extensions(before),
            "{name}"
        );
    }
    for name in &names {
        database.apply(name).await;
    }

    assert_eq!(catalog(&database).await, all);
}

async fn catalog(database: &Database) -> Vec<String> {
    if database.value("SELECT to_regnamespace('auth')").await == "NULL" {
        return Vec::new();
    }
    database.rows(&format!("{SAME_NAMES}{CATALOG}")).await
}

/// The first migration leaves the extensions and the empty schema behind.
fn without_extensions(mut catalog: Vec<String>) -> Vec<String> {
    catalog.retain(|line| !line.starts_with("extension "));
    catalog
}
