//! Sessions of both generations.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    guessing::Place,
    ports::{EndedSessions, SessionRepository},
    session::{
        HashedRefreshToken, HashedSessionToken, OpenSession, SessionId, StoredOpaqueSession,
        StoredRefreshToken,
    },
    user::{User, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{
    Conn,
    hot_path::{FindPersonalAccessToken, HotPath, IsSessionOpen},
    known_places,
    locks::lock_user,
    open_sessions,
    schema::{opaque_sessions, refresh_token_rotations, refresh_tokens},
    session_columns::{PERSONAL_ACCESS, REGULAR, client_network, stored_kind, user_agent},
    store_error,
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

#[async_trait]
impl SessionRepository for SqlUnitOfWork {
    async fn note_place(
        &mut self,
        user: UserId,
        place: &Place,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        known_places::note(self.conn(), Id(user.0), place, until)
            .await
            .map_err(store_error)
    }

    async fn forget_places_of(&mut self, user: UserId) -> Result<(), StoreError> {
        known_places::forget_all_of(self.conn(), Id(user.0))
            .await
            .map_err(store_error)
    }

    async fn insert_refresh_token(&mut self, token: &StoredRefreshToken) -> Result<(), StoreError> {
        diesel::insert_into(refresh_tokens::table)
            .values((
                refresh_tokens::id.eq(Id(token.id.0)),
                refresh_tokens::user_id.eq(Id(token.user_id.0)),
                refresh_tokens::kind.eq(stored_kind(token.kind)),
                refresh_tokens::refresh_token_hash.eq(token.hash.as_str()),
                refresh_tokens::created_at.eq(Moment(token.created_at)),
                refresh_tokens::expires_at.eq(Moment(token.expires_at)),
                refresh_tokens::metadata.eq(token.metadata.clone().map(Value::Object)),
                refresh_tokens::auth_methods.eq(token.methods.to_stored()),
                refresh_tokens::user_agent.eq(user_agent(&token.device)),
                refresh_tokens::client_network.eq(client_network(&token.device)),
            ))
            .execute(self.conn())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn end(&mut self, id: SessionId) -> Result<bool, StoreError> {
        let ended = diesel::delete(refresh_tokens::table.find(Id(id.0)));
        any(ended.execute(self.conn()).await)
    }

    async fn end_by_refresh_token(
        &mut self,
        hash: &HashedRefreshToken,
    ) -> Result<bool, StoreError> {
        end_by_refresh_token(self.conn(), hash)
            .await
            .map_err(store_error)
    }

    async fn is_open(
        &mut self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let wanted = IsSessionOpen { user, id, now };
        wanted.run(self.conn()).await.map_err(store_error)
    }

    async fn find_personal_access_token(
        &mut self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        let wanted = FindPersonalAccessToken { hash, now };
        wanted.run(self.conn()).await.map_err(store_error)
    }

    async fn end_all_of(&mut self, user: UserId, which: EndedSessions) -> Result<u64, StoreError> {
        let user = Id(user.0);
        lock_user(self.conn(), user).await.map_err(store_error)?;
        let tokens = end_refresh_tokens(self.conn(), user, which)
            .await
            .map_err(store_error)?;
        let opaque = end_opaque_sessions(self.conn(), user, which)
            .await
            .map_err(store_error)?;
        Ok((tokens + opaque) as u64)
    }

    async fn end_of(&mut self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        let (user, id) = (Id(user.0), Id(id.0));
        let token = diesel::delete(refresh_tokens::table.find(id))
            .filter(refresh_tokens::user_id.eq(user))
            .filter(refresh_tokens::kind.eq(REGULAR));
        if any(token.execute(self.conn()).await)? {
            return Ok(true);
        }
        let opaque = diesel::delete(opaque_sessions::table)
            .filter(opaque_sessions::user_id.eq(user))
            .filter(opaque_sessions::id.eq(id));
        any(opaque.execute(self.conn()).await)
    }

    async fn list_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<OpenSession>, StoreError> {
        open_sessions::list(self.conn(), Id(user.0), Moment(now))
            .await
            .map_err(store_error)
    }

    async fn insert_opaque_session(
        &mut self,
        session: &StoredOpaqueSession,
    ) -> Result<(), StoreError> {
        diesel::insert_into(opaque_sessions::table)
            .values((
                opaque_sessions::token_hash.eq(session.hash.as_str()),
                opaque_sessions::user_id.eq(Id(session.user_id.0)),
                opaque_sessions::created_at.eq(Moment(session.created_at)),
                opaque_sessions::expires_at.eq(Moment(session.expires_at)),
                opaque_sessions::id.eq(Id(session.id.0)),
                opaque_sessions::user_agent.eq(user_agent(&session.device)),
                opaque_sessions::client_network.eq(client_network(&session.device)),
            ))
            .execute(self.conn())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn end_opaque_session(&mut self, hash: &HashedSessionToken) -> Result<bool, StoreError> {
        let ended = diesel::delete(opaque_sessions::table.find(hash.as_str()));
        any(ended.execute(self.conn()).await)
    }
}

/// Three statements where one could do: on PostgreSQL a statement that waited for a rotation sees the
/// row's new hash, which is not the one it looks for, and still the old list of predecessors. The
/// statement after it sees both as they are now.
async fn end_by_refresh_token(conn: &mut Conn, hash: &HashedRefreshToken) -> QueryResult<bool> {
    let current =
        refresh_tokens::table.filter(refresh_tokens::refresh_token_hash.eq(hash.as_str()));
    if diesel::delete(current).execute(conn).await? > 0 {
        return Ok(true);
    }
    let succeeded: Option<Id> = refresh_token_rotations::table
        .filter(refresh_token_rotations::token_hash.eq(hash.as_str()))
        .select(refresh_token_rotations::refresh_token_id)
        .first(conn)
        .await
        .optional()?;
    match succeeded {
        // Its id is what no rotation changes.
        Some(id) => {
            let ended = diesel::delete(refresh_tokens::table.find(id));
            Ok(ended.execute(conn).await? > 0)
        }
        None => Ok(false),
    }
}

async fn end_refresh_tokens(conn: &mut Conn, user: Id, which: EndedSessions) -> QueryResult<usize> {
    let tokens = diesel::delete(refresh_tokens::table).filter(refresh_tokens::user_id.eq(user));
    match which {
        EndedSessions::All => tokens.execute(conn).await,
        EndedSessions::AllButPersonalAccessTokens => {
            let others = refresh_tokens::kind.ne(PERSONAL_ACCESS);
            tokens.filter(others).execute(conn).await
        }
        EndedSessions::Others(kept) => {
            let others = refresh_tokens::kind.ne(PERSONAL_ACCESS);
            let others = others.and(refresh_tokens::id.ne(Id(kept.0)));
            tokens.filter(others).execute(conn).await
        }
    }
}

async fn end_opaque_sessions(
    conn: &mut Conn,
    user: Id,
    which: EndedSessions,
) -> QueryResult<usize> {
    let sessions = diesel::delete(opaque_sessions::table).filter(opaque_sessions::user_id.eq(user));
    match which {
        EndedSessions::All | EndedSessions::AllButPersonalAccessTokens => {
            sessions.execute(conn).await
        }
        EndedSessions::Others(kept) => {
            let others = opaque_sessions::id.ne(Id(kept.0));
            let others = others.or(opaque_sessions::id.is_null());
            sessions.filter(others).execute(conn).await
        }
    }
}

fn any(rows: QueryResult<usize>) -> Result<bool, StoreError> {
    rows.map(|count| count > 0).map_err(store_error)
}
