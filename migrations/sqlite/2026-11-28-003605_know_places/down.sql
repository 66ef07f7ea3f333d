ALTER TABLE wrong_codes DROP COLUMN place;
DROP TABLE known_places;
