-- The forms in which a caller ID leaves for the carrier, a JSON list: 02788880007 as +862788880007. An empty list: exactly
-- as registered.
ALTER TABLE caller_id ADD COLUMN sent_as TEXT NOT NULL DEFAULT '[]';
