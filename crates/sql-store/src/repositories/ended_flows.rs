//! Flows at identity providers that have ended.

use auth_domain::flow_binding::EndedFlow;
use diesel::{ExpressionMethods, QueryResult};
use diesel_async::RunQueryDsl;

use super::{Conn, schema::ended_provider_flows as flows};
use crate::types::Moment;

/// Replay: notes that a flow has ended; `false` when it had before. A concurrent second one waits
/// at the primary key until the first is committed.
pub(super) async fn end(conn: &mut Conn, flow: &EndedFlow) -> QueryResult<bool> {
    let stored = diesel::insert_into(flows::table)
        .values((
            flows::mark_hash.eq(flow.mark.as_str()),
            flows::expires_at.eq(Moment(flow.remembered_until)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(stored > 0)
}
