DROP TABLE opaque_sessions;
