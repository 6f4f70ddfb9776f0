-- Decisions of a period, in the order of time.
CREATE INDEX decision_by_time ON decision (decided_at);
