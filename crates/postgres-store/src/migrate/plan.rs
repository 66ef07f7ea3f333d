//! What is to be done to a database, whichever program has used it.

use diesel::{
    OptionalExtension, QueryableByName,
    result::Error,
    sql_types::{BigInt, Bool},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sql_store::{Applied, Migration, Step};

use super::{
    embedded::{FIRST, all},
    error::{ADOPTED_LEVEL, MigrateError},
    foreign,
    notes::applied,
    restored,
};

/// What is to be done to a database.
pub(super) struct Plan {
    pub(super) missing: Vec<&'static Migration>,
    /// The level of the schema of [`FIRST`], where that is there already.
    pub(super) adopted_level: Option<i64>,
    /// There is no note of any migration yet.
    pub(super) is_first: bool,
}

impl Plan {
    /// What is done in one transaction: on a database that had no tables everything.
    pub(super) fn at_once(&self) -> impl Iterator<Item = &'static Migration> {
        let makes_tables = self.is_first && self.adopted_level.is_none();
        let migrations = self.missing.iter().copied();
        migrations.filter(move |it| makes_tables || matches!(it.step, Step::Tables(_)))
    }

    /// The same without the schema that is there already.
    pub(super) fn to_run(&self) -> impl Iterator<Item = &'static Migration> {
        self.at_once()
            .skip(usize::from(self.adopted_level.is_some()))
    }

    /// What is left for afterwards, each with its list of indexes.
    pub(super) fn afterwards(&self) -> impl Iterator<Item = (&'static Migration, &'static str)> {
        let migrations = self.missing.iter().copied();
        migrations.filter_map(|migration| match migration.step {
            Step::Indexes(list) => Some((migration, list)),
            Step::Tables(_) => None,
        })
    }
}

/// Looks at a database, and changes nothing.
pub(super) async fn plan(conn: &mut AsyncPgConnection) -> Result<Plan, MigrateError> {
    let tables = Tables::find(conn).await?;
    let applied = if tables.hasura_auth_migrations {
        applied(conn).await?
    } else {
        Applied::default()
    };
    if tables.hasura_auth_migrations {
        restored::check(conn, all().filter(|it| applied.has(it))).await?;
    }
    let adopted_level = if applied.has(&FIRST) {
        None
    } else {
        level_to_adopt(conn, &tables).await?
    };
    if adopted_level.is_some() {
        restored::check(conn, std::iter::empty()).await?;
    }
    Ok(Plan {
        missing: applied.missing(all()),
        adopted_level,
        is_first: !tables.hasura_auth_migrations,
    })
}

/// The tables that show which program has used a database. Other tools have a table
/// `schema_migrations`, too, without the column `dirty`.
#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one table")]
struct Tables {
    #[diesel(sql_type = Bool)]
    hasura_auth_migrations: bool,
    #[diesel(sql_type = Bool)]
    schema_migrations: bool,
    #[diesel(sql_type = Bool)]
    migrations: bool,
    #[diesel(sql_type = Bool)]
    users: bool,
}

impl Tables {
    async fn find(conn: &mut AsyncPgConnection) -> Result<Self, Error> {
        diesel::sql_query(
            "SELECT to_regclass('auth.hasura_auth_migrations') IS NOT NULL \
                 AS hasura_auth_migrations, \
             EXISTS (SELECT FROM pg_attribute WHERE attname = 'dirty' \
                 AND attrelid = to_regclass('auth.schema_migrations')) AS schema_migrations, \
             to_regclass('auth.migrations') IS NOT NULL AS migrations, \
             to_regclass('auth.users') IS NOT NULL AS users",
        )
        .get_result(conn)
        .await
    }
}

/// Whether Hasura Auth's schema is there and complete; `false` when there is nothing at all.
async fn level_to_adopt(
    conn: &mut AsyncPgConnection,
    tables: &Tables,
) -> Result<Option<i64>, MigrateError> {
    if let Some(owner) = foreign::owner(conn).await? {
        return Err(owner);
    }
    if tables.schema_migrations {
        return match level(conn).await? {
            Level {
                version,
                dirty: true,
            } => Err(MigrateError::Dirty { level: version }),
            Level { version, .. } if version < ADOPTED_LEVEL => {
                Err(MigrateError::TooOld { level: version })
            }
            Level { version, .. } => Ok(Some(version)),
        };
    }
    match tables {
        Tables {
            migrations: true,
            users: true,
            ..
        } => Err(MigrateError::MadeForNode),
        Tables { users: true, .. } => Err(MigrateError::Unknown),
        Tables { .. } => match foreign::in_the_way(conn).await? {
            Some(occupied) => Err(occupied),
            None => Ok(None),
        },
    }
}

#[derive(QueryableByName)]
struct Level {
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Bool)]
    dirty: bool,
}

/// Without a row Hasura Auth has made the table and nothing else.
async fn level(conn: &mut AsyncPgConnection) -> Result<Level, Error> {
    let nothing = Level {
        version: 0,
        dirty: false,
    };
    let level = diesel::sql_query("SELECT version, dirty FROM auth.schema_migrations LIMIT 1")
        .get_result(conn)
        .await
        .optional()?;
    Ok(level.unwrap_or(nothing))
}
