//! What has been applied, as the database notes it in `auth.hasura_auth_migrations`.

use diesel::{
    QueryResult, QueryableByName,
    result::Error,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sql_store::{
    Applied, Migration, Note, Step,
    postgres::{Conn, HotPath},
};

use super::embedded::all;

pub(super) async fn applied(conn: &mut AsyncPgConnection) -> Result<Applied, Error> {
    let notes: Vec<Note> = diesel::sql_query("SELECT name FROM auth.hasura_auth_migrations")
        .load(conn)
        .await?;
    Ok(notes.into())
}

/// Finds out whether every migration of tables has been applied. Indexes may still be being built: the
/// installation can be used meanwhile.
///
/// Where migrations are run by another user of the database, the table of their names may be closed
/// to this one. Then they are taken for applied: nothing better can be known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsMigrated;

impl HotPath for IsMigrated {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        match notes(conn).await? {
            Notes { exist: false, .. } => Ok(false),
            Notes {
                are_readable: false,
                ..
            } => Ok(true),
            Notes { .. } => {
                let applied = applied(conn).await?;
                let mut tables = all().filter(|it| matches!(it.step, Step::Tables(_)));
                Ok(tables.all(|it| applied.has(it)))
            }
        }
    }
}

/// Whether there are notes.
#[derive(QueryableByName)]
pub(super) struct Notes {
    #[diesel(sql_type = Bool)]
    pub(super) exist: bool,
    #[diesel(sql_type = Bool)]
    pub(super) are_readable: bool,
}

pub(super) async fn notes(conn: &mut AsyncPgConnection) -> QueryResult<Notes> {
    diesel::sql_query(
        "SELECT noted IS NOT NULL AS exist, \
         coalesce(has_table_privilege(noted, 'SELECT'), false) AS are_readable \
         FROM (SELECT to_regclass('auth.hasura_auth_migrations')::oid AS noted) AS notes",
    )
    .get_result(conn)
    .await
}

pub(super) async fn create_notes(conn: &mut AsyncPgConnection) -> Result<(), Error> {
    conn.batch_execute(
        "CREATE TABLE auth.hasura_auth_migrations (\
             name text NOT NULL CONSTRAINT hasura_auth_migrations_pkey PRIMARY KEY, \
             applied_at timestamptz NOT NULL DEFAULT now()\
         ); \
         COMMENT ON TABLE auth.hasura_auth_migrations \
             IS 'Migrations that were applied beyond those of Hasura Auth itself'",
    )
    .await
}

pub(super) async fn note(conn: &mut AsyncPgConnection, migration: &Migration) -> Result<(), Error> {
    diesel::sql_query("INSERT INTO auth.hasura_auth_migrations (name) VALUES ($1)")
        .bind::<Text, _>(migration.name)
        .execute(conn)
        .await
        .map(drop)
}
