//! Values whose columns have another type in each database.

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, IsNull, Output, ToSql},
};
use uuid::Uuid;

/// A UUID: `uuid` on PostgreSQL, a blob of 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[cfg_attr(feature = "postgres", diesel(sql_type = diesel::sql_types::Uuid))]
#[cfg_attr(feature = "sqlite", diesel(sql_type = diesel::sql_types::Binary))]
pub(crate) struct Id(pub(crate) Uuid);

/// A moment in whole microseconds: `timestamptz` on PostgreSQL, on SQLite an integer that counts
/// from the Unix epoch and therefore sorts as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[cfg_attr(feature = "postgres", diesel(sql_type = diesel::sql_types::Timestamptz))]
#[cfg_attr(feature = "sqlite", diesel(sql_type = diesel::sql_types::BigInt))]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

/// The names of a user's roles in order: `text[]` on PostgreSQL, a JSON array on SQLite.
#[derive(Debug, FromSqlRow)]
pub(crate) struct RoleNames(pub(crate) Vec<String>);

#[cfg(feature = "postgres")]
mod postgres {
    use std::io::Write;

    use diesel::{
        pg::{Pg, PgValue},
        sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid},
    };

    use super::{
        DateTime, FromSql, Id, IsNull, Moment, Output, RoleNames, ToSql, Utc, Uuid, deserialize,
        serialize,
    };

    impl ToSql<SqlUuid, Pg> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(self.0.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<SqlUuid, Pg> for Id {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.as_bytes())?))
        }
    }

    impl ToSql<Timestamptz, Pg> for Moment {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
        }
    }

    impl FromSql<Timestamptz, Pg> for Moment {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
        }
    }

    impl FromSql<Array<Text>, Pg> for RoleNames {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            <Vec<String> as FromSql<Array<Text>, Pg>>::from_sql(value).map(Self)
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::{
        sql_types::{BigInt, Binary, Text},
        sqlite::{Sqlite, SqliteValue},
    };

    use super::{
        DateTime, FromSql, Id, IsNull, Moment, Output, RoleNames, ToSql, Uuid, deserialize,
        serialize,
    };

    impl ToSql<Binary, Sqlite> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.as_bytes().as_slice());
            Ok(IsNull::No)
        }
    }

    impl FromSql<Binary, Sqlite> for Id {
        fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
            Ok(Self(Uuid::from_slice(&bytes)?))
        }
    }

    impl ToSql<BigInt, Sqlite> for Moment {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.timestamp_micros());
            Ok(IsNull::No)
        }
    }

    impl FromSql<BigInt, Sqlite> for Moment {
        fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
            DateTime::from_timestamp_micros(micros)
                .map(Self)
                .ok_or_else(|| "a moment out of range".into())
        }
    }

    impl FromSql<Text, Sqlite> for RoleNames {
        fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            let json = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
            Ok(Self(serde_json::from_str(&json)?))
        }
    }
}
