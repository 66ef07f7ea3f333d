-- See migrations/postgres/2026-11-28-003600_create_ended_provider_flows/up.sql.
CREATE TABLE ended_provider_flows (
    mark_hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX ended_provider_flows_expires_at_idx ON ended_provider_flows (expires_at);
