DROP TABLE wrong_codes;
DROP TABLE one_time_codes;
