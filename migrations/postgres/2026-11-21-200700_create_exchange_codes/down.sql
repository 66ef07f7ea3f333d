DROP TABLE auth.exchange_codes;
