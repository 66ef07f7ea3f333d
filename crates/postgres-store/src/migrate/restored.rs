//! Databases that were restored without what they need.
//!
//! A dump of the schema `auth` alone leaves out the extensions, which belong to no schema. Restored into
//! another database, the domain of addresses fails for want of `citext`, and so does every table that
//! has it, while all others come along, the notes of applied migrations among them. A server would start
//! on it and answer every request with an error.

use diesel::{
    QueryableByName,
    result::Error,
    sql_types::{Array, Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sql_store::{Migration, Step};

use super::{embedded::FIRST, error::MigrateError};

/// The tables of Hasura Auth without which nothing works.
const ORIGINAL: [&str; 7] = [
    "providers",
    "refresh_tokens",
    "roles",
    "user_providers",
    "user_roles",
    "user_security_keys",
    "users",
];

#[derive(QueryableByName)]
struct Parts {
    #[diesel(sql_type = Bool)]
    citext: bool,
    #[diesel(sql_type = Bool)]
    pgcrypto: bool,
    #[diesel(sql_type = Bool)]
    addresses: bool,
}

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Looks whether everything is there that the `applied` migrations made.
///
/// # Errors
///
/// [`MigrateError::NoCitext`] or [`MigrateError::Incomplete`].
pub(super) async fn check(
    conn: &mut AsyncPgConnection,
    applied: impl Iterator<Item = &'static Migration>,
) -> Result<(), MigrateError> {
    let own = applied.flat_map(|migration| match migration.step {
        Step::Tables(script) => tables_of(script).collect(),
        Step::Indexes(_) => Vec::new(),
    });
    // Of Hasura Auth's own tables a later version may do without some.
    let own = own.filter(|it| !makes(&FIRST, it));
    let tables: Vec<_> = ORIGINAL.into_iter().chain(own).collect();
    let mut missing = missing(conn, &tables).await?;
    let parts = parts(conn).await?;
    if !parts.citext {
        return Err(MigrateError::NoCitext);
    }
    if missing.is_empty() && !parts.addresses {
        return Err(MigrateError::Incomplete {
            missing: "the column email of auth.users".to_owned(),
        });
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !parts.pgcrypto {
        // Tables of Hasura Auth have defaults by its functions, and are left out with it.
        missing.push("the extension pgcrypto".to_owned());
    }
    Err(MigrateError::Incomplete {
        missing: missing.join(", "),
    })
}

/// Makes the extension `pgcrypto` again if it was left out. Only Hasura Auth needs it, so a role that
/// may not make it is no obstacle.
pub(super) async fn restore_pgcrypto(conn: &mut AsyncPgConnection) -> Result<(), Error> {
    if parts(conn).await?.pgcrypto {
        return Ok(());
    }
    conn.batch_execute("SAVEPOINT pgcrypto").await?;
    let made = conn
        .batch_execute("CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public")
        .await;
    match made {
        Ok(()) => conn.batch_execute("RELEASE pgcrypto").await,
        Err(_not_allowed) => {
            tracing::warn!(
                "the database has no extension pgcrypto; this server does without it, Hasura Auth does not"
            );
            conn.batch_execute("ROLLBACK TO pgcrypto").await
        }
    }
}

async fn parts(conn: &mut AsyncPgConnection) -> Result<Parts, Error> {
    diesel::sql_query(
        "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citext') AS citext, \
         EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') AS pgcrypto, \
         EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('auth.users') \
             AND attname = 'email' AND NOT attisdropped) AS addresses",
    )
    .get_result(conn)
    .await
}

/// Which of these tables are not there, with the name of their schema.
async fn missing(conn: &mut AsyncPgConnection, tables: &[&str]) -> Result<Vec<String>, Error> {
    let missing: Vec<Missing> = diesel::sql_query(
        "SELECT 'auth.' || name AS name FROM unnest($1) AS name \
         WHERE to_regclass('auth.' || name) IS NULL ORDER BY name",
    )
    .bind::<Array<Text>, _>(tables)
    .load(conn)
    .await?;
    Ok(missing.into_iter().map(|it| it.name).collect())
}

/// The tables that a script makes.
fn tables_of(script: &str) -> impl Iterator<Item = &str> {
    let after = script.split("CREATE TABLE auth.").skip(1);
    let ends_name = |it: char| !(it.is_ascii_alphanumeric() || it == '_');
    after.filter_map(move |it| it.split(ends_name).next())
}

fn makes(migration: &Migration, table: &str) -> bool {
    match migration.step {
        Step::Tables(script) => tables_of(script).any(|it| it == table),
        Step::Indexes(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_a_script_are_found() {
        let script = "CREATE TABLE auth.one (\n a int);\n-- no\nCREATE TABLE auth.two_b(b int);";

        assert_eq!(tables_of(script).collect::<Vec<_>>(), ["one", "two_b"]);
    }

    #[test]
    fn the_first_migration_makes_what_is_looked_for() {
        for table in ORIGINAL {
            assert!(makes(&FIRST, table), "{table}");
        }
    }
}
