-- Nothing is lost but time: sign-ins read whole tables again.
DROP INDEX wrong_codes_guessed_at_idx;
DROP INDEX exchange_codes_expires_at_idx;
DROP INDEX one_time_codes_expires_at_idx;
DROP INDEX tickets_expires_at_idx;
DROP INDEX opaque_sessions_expires_at_idx;
DROP INDEX refresh_token_rotations_rotated_at_idx;
DROP INDEX users_ticket_idx;
DROP INDEX refresh_tokens_expires_at_idx;
