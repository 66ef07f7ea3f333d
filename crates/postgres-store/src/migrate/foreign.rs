//! A schema `auth` of another program.
//!
//! Its name is a common one. What another program made is never changed or shared: that program
//! goes on using it, and knows nothing of this server.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::error::MigrateError;

/// Which other program's schema `auth` is, as the error that says what to do.
pub(super) async fn owner(conn: &mut AsyncPgConnection) -> QueryResult<Option<MigrateError>> {
    let owners: Owners = diesel::sql_query(
        "SELECT to_regclass('auth.account_roles') IS NOT NULL AS backend_plus, \
         to_regclass('auth.audit_log_entries') IS NOT NULL AS supabase",
    )
    .get_result(conn)
    .await?;
    Ok(match owners {
        Owners { supabase: true, .. } => Some(MigrateError::Supabase),
        Owners {
            backend_plus: true, ..
        } => Some(MigrateError::BackendPlus),
        Owners { .. } => None,
    })
}

#[derive(QueryableByName)]
struct Owners {
    #[diesel(sql_type = Bool)]
    backend_plus: bool,
    #[diesel(sql_type = Bool)]
    supabase: bool,
}

/// What the first migration makes and another program has made already, if anything.
///
/// Functions and types are used by their number, so that renaming them breaks nothing. With a table go
/// indexes, whose names are taken, too; then the schema as a whole is renamed.
const IN_THE_WAY: &str = "
SELECT 'the table auth.' || relname AS object, '' AS remedy
FROM pg_class WHERE relnamespace = to_regnamespace('auth') AND relkind IN ('r', 'p', 'v', 'm')
AND relname IN ('provider_requests', 'providers', 'refresh_token_types', 'refresh_tokens', 'roles',
    'schema_migrations', 'user_providers', 'user_roles', 'user_security_keys')
UNION ALL
SELECT 'the function auth.set_current_timestamp_updated_at()',
    'ALTER FUNCTION auth.set_current_timestamp_updated_at() RENAME TO former_updated_at'
FROM pg_proc WHERE pronamespace = to_regnamespace('auth')
AND proname = 'set_current_timestamp_updated_at' AND pronargs = 0
UNION ALL
SELECT 'the type auth.email', 'ALTER ' || CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END
    || ' auth.email RENAME TO former_email'
FROM pg_type WHERE typnamespace = to_regnamespace('auth') AND typname = 'email'
ORDER BY 1";

/// Objects that the first migration would make and that are there already, as the error that says what
/// to do.
pub(super) async fn in_the_way(conn: &mut AsyncPgConnection) -> QueryResult<Option<MigrateError>> {
    let found: Vec<Object> = diesel::sql_query(IN_THE_WAY).load(conn).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let objects: Vec<_> = found.iter().map(|it| it.object.as_str()).collect();
    let remedies: Vec<_> = found.iter().map(|it| it.remedy.as_str()).collect();
    let remedy = if remedies.contains(&"") {
        "ALTER SCHEMA auth RENAME TO former_auth".to_owned()
    } else {
        remedies.join("; ")
    };
    Ok(Some(MigrateError::Occupied {
        objects: objects.join(" and "),
        remedy,
    }))
}

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    remedy: String,
}
