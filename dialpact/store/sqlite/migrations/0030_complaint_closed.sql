-- What ends a complaint that was answered, and the order in which they want somebody: the day by which, first.
ALTER TABLE complaint ADD COLUMN closed_at TEXT;
ALTER TABLE complaint ADD COLUMN closing TEXT NOT NULL DEFAULT '';  -- how it ended, in words
CREATE INDEX complaint_by_due ON complaint (status, ifnull(due, ''), id);
CREATE INDEX complaint_to_close ON complaint (id) WHERE status = 'answered' AND closed_at IS NULL;
CREATE INDEX complaint_closed ON complaint (id) WHERE closed_at IS NOT NULL;
