-- Files of a message, exactly as they are sent.
CREATE TABLE attachments (
  id           INTEGER PRIMARY KEY,
  message_id   INTEGER NOT NULL REFERENCES messages (id),
  file_name    TEXT NOT NULL,
  content_type TEXT NOT NULL,
  content      TEXT NOT NULL,
  UNIQUE (message_id, file_name)
) STRICT;
