-- Nothing is lost but time: sign-ins read whole tables again.
DROP INDEX auth.wrong_codes_guessed_at_idx;
DROP INDEX auth.exchange_codes_expires_at_idx;
DROP INDEX auth.one_time_codes_expires_at_idx;
DROP INDEX auth.tickets_expires_at_idx;
DROP INDEX auth.opaque_sessions_expires_at_idx;
DROP INDEX auth.refresh_token_rotations_rotated_at_idx;
DROP INDEX auth.users_ticket_idx;
DROP INDEX auth.refresh_tokens_expires_at_idx;
DROP INDEX auth.refresh_tokens_user_id_idx;
