//! Where the extensions are that the schema of Hasura Auth needs.
//!
//! Hasura Auth puts them into `public`. Where a provider of databases has put them elsewhere, such
//! as into `extensions`, they are used there: moving them would break other programs that use them.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Bool, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sql_store::postgres::Flavor;

const PUBLIC: &str = "public";

/// Where the extensions are.
#[derive(QueryableByName)]
pub(crate) struct Extensions {
    /// The schema of `citext`, if it is installed.
    #[diesel(sql_type = Nullable<Text>)]
    citext: Option<String>,
    /// The same as an identifier in SQL.
    #[diesel(sql_type = Nullable<Text>)]
    citext_quoted: Option<String>,
    /// Whether `public.gen_random_uuid()` exists or will, once `pgcrypto` is installed there.
    #[diesel(sql_type = Bool)]
    has_public_uuids: bool,
}

/// Asks a database where its extensions are.
pub(crate) async fn find(conn: &mut AsyncPgConnection) -> QueryResult<Extensions> {
    let found = diesel::sql_query(
        "SELECT citext.nspname::text AS citext, quote_ident(citext.nspname) AS citext_quoted, \
             coalesce(pgcrypto.nspname = 'public', true) AS has_public_uuids \
         FROM (SELECT 1) AS one \
         LEFT JOIN (SELECT nspname FROM pg_extension JOIN pg_namespace AS it ON it.oid = extnamespace \
             WHERE extname = 'citext') AS citext ON true \
         LEFT JOIN (SELECT nspname FROM pg_extension JOIN pg_namespace AS it ON it.oid = extnamespace \
             WHERE extname = 'pgcrypto') AS pgcrypto ON true",
    );
    found.get_result(conn).await
}

impl Extensions {
    /// How addresses are compared.
    pub(crate) fn flavor(self) -> Flavor {
        Flavor::new(self.citext.unwrap_or_else(|| PUBLIC.to_owned()))
    }

    /// The script that makes Hasura Auth's schema, with the extensions where they are.
    pub(crate) fn place(&self, script: &str) -> String {
        let mut script = script.to_owned();
        if let Some(schema) = self.citext_quoted.as_deref().filter(|it| *it != PUBLIC) {
            script = script
                .replace("public.citext", &format!("{schema}.citext"))
                .replace("OPERATOR(public.", &format!("OPERATOR({schema}."));
        }
        if !self.has_public_uuids {
            // The one of PostgreSQL itself.
            script = script.replace("public.gen_random_uuid()", "gen_random_uuid()");
        }
        script
    }
}
