-- What was erased and may still lie in the file or in the write-ahead log, as others were reading: until housekeeping
-- has overwritten it. What was erased before there was this table nobody knows of, so it is done once more.
CREATE TABLE overwriting (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL  -- of the erasure
) STRICT;
INSERT INTO overwriting (at)
SELECT at FROM register_change WHERE register = 'ledger' AND action = 'erase' ORDER BY seq DESC LIMIT 1;

-- Readings from before there was witnessed time have no row in it. From where on they have one is said in the log, so
-- that nobody can take rows away and call what is left the beginning.
INSERT INTO register_change (at, actor, register, action, key, detail)
SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), 'dialpact', 'clock', 'witnessed', CAST(first AS TEXT), '{}'
FROM (SELECT min(reading) AS first FROM witnessed) WHERE first > (SELECT min(seq) FROM clock_reading);
