-- Indexes for what is looked up, and for removing what has expired.
--
-- Hasura Auth only inserts when a user signs in, and has no index for the rest: ending the sessions
-- of a user read all of `auth.refresh_tokens`, and each link with a ticket in the form of the
-- original read all of `auth.users`, without an account (denial of service). `expires_at` and its
-- like are for the task that removes expired rows.
--
-- Each statement is run alone and outside any transaction, so that sign-ins go on while a big table
-- is read; see migrations/README.md. Additive: neither the previous release nor Hasura Auth notices.
-- Each costs an entry per row, and one more for each refresh that moves `expires_at`.

-- A user has few rows here, so no further column is worth its place.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_user_id_idx
    ON auth.refresh_tokens (user_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_expires_at_idx
    ON auth.refresh_tokens (expires_at);

-- Tickets that Hasura Auth left; partial, because few users have one.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_ticket_idx
    ON auth.users (ticket) WHERE ticket IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_token_rotations_rotated_at_idx
    ON auth.refresh_token_rotations (rotated_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS opaque_sessions_expires_at_idx
    ON auth.opaque_sessions (expires_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_expires_at_idx
    ON auth.tickets (expires_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS one_time_codes_expires_at_idx
    ON auth.one_time_codes (expires_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS exchange_codes_expires_at_idx
    ON auth.exchange_codes (expires_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS wrong_codes_guessed_at_idx
    ON auth.wrong_codes (guessed_at);
