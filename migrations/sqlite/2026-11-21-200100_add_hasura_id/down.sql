-- The sequence stays where it is: a number that was given out must not come back.
ALTER TABLE users RENAME COLUMN hasura_id TO number;
