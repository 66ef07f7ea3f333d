DROP TABLE exchange_codes;
