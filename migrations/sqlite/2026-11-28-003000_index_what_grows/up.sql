-- See migrations/postgres/2026-11-28-003000_index_what_grows/concurrently.sql.
--
-- SQLite locks the whole file whatever is written, so these are built with all other changes. An
-- index by `user_id` has been there from the beginning.
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);
CREATE INDEX users_ticket_idx ON users (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX refresh_token_rotations_rotated_at_idx ON refresh_token_rotations (rotated_at);
CREATE INDEX opaque_sessions_expires_at_idx ON opaque_sessions (expires_at);
CREATE INDEX tickets_expires_at_idx ON tickets (expires_at);
CREATE INDEX one_time_codes_expires_at_idx ON one_time_codes (expires_at);
CREATE INDEX exchange_codes_expires_at_idx ON exchange_codes (expires_at);
CREATE INDEX wrong_codes_guessed_at_idx ON wrong_codes (guessed_at);
