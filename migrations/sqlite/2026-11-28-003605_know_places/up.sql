-- See migrations/postgres/2026-11-28-003605_know_places/up.sql.
CREATE TABLE known_places (
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    place TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) WITHOUT ROWID;

CREATE INDEX known_places_expires_at_idx ON known_places (expires_at);

ALTER TABLE wrong_codes ADD COLUMN place TEXT;
