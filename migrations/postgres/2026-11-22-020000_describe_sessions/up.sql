-- What people are shown of their sessions, so that they can end one that is not theirs: when and
-- where it was seen last. And how its owner signed in, which every access token of it repeats.
--
-- Addresses are kept as a block (192.0.2.0/24), not whole. Hasura Auth need not know any of this:
-- all columns of its table are nullable and without a default, so nothing is rewritten. Sessions of
-- the legacy API had no name that may be shown; giving them one rewrites their table, which is
-- small. The previous release goes on working, and a name is given to the sessions it opens.
ALTER TABLE auth.refresh_tokens
    ADD COLUMN auth_methods text,
    ADD COLUMN last_seen_at timestamptz,
    ADD COLUMN user_agent text,
    ADD COLUMN client_network text;

ALTER TABLE auth.opaque_sessions
    ADD COLUMN id uuid DEFAULT gen_random_uuid(),
    ADD COLUMN user_agent text,
    ADD COLUMN client_network text;

COMMENT ON COLUMN auth.refresh_tokens.auth_methods
    IS 'How the user proved who they are, with commas in between; NULL where that is not known';
COMMENT ON COLUMN auth.refresh_tokens.last_seen_at
    IS 'When the token was rotated last; NULL if it never was';
COMMENT ON COLUMN auth.refresh_tokens.user_agent
    IS 'How the program that used the session last calls itself';
COMMENT ON COLUMN auth.refresh_tokens.client_network
    IS 'The block of addresses the session was used from last';
COMMENT ON COLUMN auth.opaque_sessions.id IS 'Names the session to its owner';
