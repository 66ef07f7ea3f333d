DROP TABLE auth.opaque_sessions;
