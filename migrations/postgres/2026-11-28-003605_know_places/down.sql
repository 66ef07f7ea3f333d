-- Which networks are known is lost, and whose guesses were whose.
ALTER TABLE auth.wrong_codes DROP COLUMN place;
DROP TABLE auth.known_places;
