DROP TABLE auth.wrong_codes, auth.one_time_codes;
