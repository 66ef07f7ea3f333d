-- Flows at identity providers that have ended, so that none ends twice.
--
-- A flow travels sealed through the browser and is stored nowhere while it is under way (ADR 21). So
-- what is stored is that it has ended: a `state` and its cookie that were seen by someone else in a
-- history or a log are worth nothing once the browser came back with them. The previous release does
-- not look here, and goes on as it did.
--
-- Rows whose time is over are removed in the background.
CREATE TABLE auth.ended_provider_flows (
    mark_hash text NOT NULL CONSTRAINT ended_provider_flows_pkey PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- For removing those whose time is over.
CREATE INDEX ended_provider_flows_expires_at_idx
    ON auth.ended_provider_flows (expires_at);

COMMENT ON TABLE auth.ended_provider_flows
    IS 'Flows at identity providers that ended before they expired; only hashes of what the browser kept';
