DROP TABLE auth.queued_messages;
