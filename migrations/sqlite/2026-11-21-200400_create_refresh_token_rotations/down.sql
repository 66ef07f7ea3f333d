DROP TABLE refresh_token_rotations;
