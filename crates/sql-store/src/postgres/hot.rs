//! Rotating a refresh token in one statement.

use auth_domain::{
    ports::{RefreshRotation, RotatedSession},
    session::{AuthMethods, SessionId},
};
use diesel::{
    OptionalExtension, QueryResult, Selectable,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Bool, Double, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;

use super::{
    dialect::Conn,
    repositories::{
        hot_path::HotPath,
        session_columns::{REGULAR, client_network, user_agent},
        user_row::UserRow,
    },
};
use crate::types::{Id, Moment};

/// Puts the successor of a refresh token in its place.
///
/// Row lock: of concurrent statements with one token the first locks the row; the others wait for
/// it, look at its new version and find that it no longer has the hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct RotateRefreshToken<'a>(pub(super) &'a RefreshRotation);

impl HotPath for RotateRefreshToken<'_> {
    type Output = Option<RotatedSession>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let rotated: Option<(Id, Option<String>, UserRow)> =
            Rotation::new(self.0).get_result(conn).await.optional()?;
        Ok(rotated.map(|(id, methods, user)| RotatedSession {
            id: SessionId(id.0),
            user: user.into(),
            methods: AuthMethods::from_stored(methods.as_deref()),
        }))
    }
}

/// A hundred years in seconds, the most that is looked back: no predecessor is older, and the
/// database's time does not go back as far as a setting could ask.
const CENTURY: f64 = 3.2e9;

type UserColumns = <UserRow as Selectable<Pg>>::SelectExpression;

/// The statement. It has a static id and is therefore prepared once per connection.
struct Rotation<'a> {
    presented: &'a str,
    successor: &'a str,
    now: Moment,
    expires_at: Moment,
    remember_seconds: f64,
    demand_verified_email: bool,
    user_agent: Option<&'a str>,
    client_network: Option<&'a str>,
    user: UserColumns,
}

impl<'a> Rotation<'a> {
    fn new(rotation: &'a RefreshRotation) -> Self {
        Self {
            presented: rotation.presented.as_str(),
            successor: rotation.successor.as_str(),
            now: Moment(rotation.now),
            expires_at: Moment(rotation.expires_at),
            remember_seconds: rotation.remember_for.as_secs_f64().min(CENTURY),
            demand_verified_email: rotation.gate.verified_email,
            user_agent: user_agent(&rotation.device),
            client_network: client_network(&rotation.device),
            user: <UserRow as Selectable<Pg>>::construct_selection(),
        }
    }

    fn push_rotated<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("rotated AS (UPDATE auth.refresh_tokens AS token SET refresh_token_hash = ");
        out.push_bind_param::<Text, _>(&self.successor)?;
        out.push_sql(", expires_at = ");
        out.push_bind_param::<Timestamptz, _>(&self.expires_at)?;
        out.push_sql(", last_seen_at = ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(", user_agent = coalesce(");
        out.push_bind_param::<Nullable<Text>, _>(&self.user_agent)?;
        out.push_sql(", token.user_agent), client_network = coalesce(");
        out.push_bind_param::<Nullable<Text>, _>(&self.client_network)?;
        out.push_sql(", token.client_network)");
        out.push_sql(" FROM auth.users AS holder WHERE token.refresh_token_hash = ");
        out.push_bind_param::<Text, _>(&self.presented)?;
        out.push_sql(" AND token.type = ");
        out.push_bind_param::<Text, _>(REGULAR)?;
        out.push_sql(" AND token.expires_at > ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(
            " AND holder.id = token.user_id AND NOT holder.disabled AND (holder.email_verified \
             OR (holder.email IS NULL AND NOT holder.is_anonymous) OR NOT ",
        );
        out.push_bind_param::<Bool, _>(&self.demand_verified_email)?;
        out.push_sql(") RETURNING token.id, token.user_id, token.auth_methods)");
        Ok(())
    }

    fn push_remembered<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "remembered AS (INSERT INTO auth.refresh_token_rotations \
             (token_hash, refresh_token_id, rotated_at) SELECT ",
        );
        out.push_bind_param::<Text, _>(&self.presented)?;
        // By the database's clock, and after the row was waited for: the grace begins here.
        out.push_sql(
            ", rotated.id, clock_timestamp() FROM rotated ON CONFLICT (token_hash) DO UPDATE SET \
             refresh_token_id = excluded.refresh_token_id, rotated_at = excluded.rotated_at)",
        );
        Ok(())
    }

    fn push_forgotten<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "forgotten AS (DELETE FROM auth.refresh_token_rotations AS rotation USING rotated \
             WHERE rotation.refresh_token_id = rotated.id \
             AND rotation.rotated_at < clock_timestamp() - make_interval(secs => ",
        );
        out.push_bind_param::<Double, _>(&self.remember_seconds)?;
        // The hash that is being remembered may not be touched twice by one statement.
        out.push_sql(") AND rotation.token_hash <> ");
        out.push_bind_param::<Text, _>(&self.presented)?;
        out.push_sql(")");
        Ok(())
    }

    fn push_seen<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("seen AS (UPDATE auth.users AS holder SET last_seen = ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" FROM rotated WHERE holder.id = rotated.user_id)");
        Ok(())
    }
}

impl QueryFragment<Pg> for Rotation<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH ");
        self.push_rotated(&mut out)?;
        out.push_sql(", ");
        self.push_remembered(&mut out)?;
        out.push_sql(", ");
        self.push_forgotten(&mut out)?;
        out.push_sql(", ");
        self.push_seen(&mut out)?;
        // All parts see the rows as they were before the statement: so does this one.
        out.push_sql(" SELECT rotated.id, rotated.auth_methods, ");
        self.user.walk_ast(out.reborrow())?;
        out.push_sql(" FROM auth.users INNER JOIN rotated ON rotated.user_id = auth.users.id");
        Ok(())
    }
}

impl QueryId for Rotation<'_> {
    type QueryId = Rotation<'static>;
}

impl Query for Rotation<'_> {
    type SqlType = (
        Uuid,
        Nullable<Text>,
        <UserColumns as diesel::Expression>::SqlType,
    );
}
