DROP TABLE auth.refresh_token_rotations;
