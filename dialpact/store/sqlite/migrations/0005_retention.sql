-- Retention: how late it is by what the host's clocks have witnessed, legal holds, disposals. Whatever a command
-- believes, nothing is disposed of here before its time is over by these clocks, nor while it is held.

-- The rule is in compliance/trusted_time.py, in words and in Python; a test holds the two together.
CREATE TABLE witnessed (
    reading   INTEGER PRIMARY KEY REFERENCES clock_reading (seq),
    us        INTEGER NOT NULL,  -- microseconds since 1970: the time that the readings up to this one bear out
    behind_us INTEGER NOT NULL   -- of the host's uptime, in which the wall clock has stayed behind that time
) STRICT;

-- SQLite rounds a time to milliseconds, so the seconds are cut off first: .9996 must not count as the next one.
CREATE VIEW clock_us AS
SELECT seq, boot_id, uptime_us,
       strftime('%s', substr(at, 1, 19)) * 1000000 + CAST(substr(at, 21, 6) AS INTEGER) AS at_us
FROM clock_reading;

-- What the rule makes of the newest reading.
CREATE VIEW witness_rule AS
WITH step AS (
    SELECT new.seq AS reading, new.at_us, new.uptime_us AS up, new.boot_id = old.boot_id AS same_boot,
           old.at_us AS old_at, old.uptime_us AS old_up, before.us AS old_us, before.behind_us AS old_behind
    FROM clock_us AS new
    LEFT JOIN witnessed AS before ON before.reading = (SELECT max(reading) FROM witnessed WHERE reading < new.seq)
    LEFT JOIN clock_us AS old ON old.seq = before.reading
    WHERE new.seq = (SELECT max(seq) FROM clock_reading)
), moved AS (
    SELECT reading, at_us, old_us, old_behind,
           CASE WHEN same_boot THEN max(up - old_up, 0) ELSE up END AS seen,
           max(0, CASE WHEN same_boot THEN up - old_up
                       ELSE min(at_us - old_at, up + min(old_up, 86400000000)) END) AS most
    FROM step WHERE old_us IS NOT NULL
), weighed AS (
    SELECT reading, at_us, old_us, most,
           CASE WHEN at_us < old_us - 3600000000 THEN old_behind + seen ELSE 0 END AS behind
    FROM moved
)
SELECT reading, max(old_us, min(at_us, old_us + most)) AS us, behind AS behind_us
FROM weighed WHERE behind < 604800000000
UNION ALL
SELECT reading, at_us, 0 FROM weighed WHERE behind >= 604800000000
UNION ALL
SELECT reading,
       min(at_us, coalesce((SELECT strftime('%s', substr(decided_at, 1, 19)) * 1000000
                                   + CAST(substr(decided_at, 21, 6) AS INTEGER) + behind_us
                            FROM decision ORDER BY seq DESC LIMIT 1) + 86400000000, at_us)), 0
FROM step WHERE old_us IS NULL;

CREATE TRIGGER clock_reading_is_witnessed AFTER INSERT ON clock_reading
BEGIN
    INSERT INTO witnessed (reading, us, behind_us)
    SELECT reading, us, behind_us FROM witness_rule WHERE reading = NEW.seq;
    SELECT RAISE(ABORT, 'not a clock reading') WHERE NOT EXISTS (SELECT 1 FROM witnessed WHERE reading = NEW.seq);
END;
-- For SQLite 'now' is a time too, and 30 February is one.
CREATE TRIGGER clock_reading_is_a_time BEFORE INSERT ON clock_reading
WHEN coalesce(strftime('%Y-%m-%dT%H:%M:%S', substr(NEW.at, 1, 19), '+0 days'), '') IS NOT substr(NEW.at, 1, 19)
  OR substr(NEW.at, 20) NOT GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]Z' OR NEW.uptime_us < 0
BEGIN SELECT RAISE(ABORT, 'not a clock reading'); END;
CREATE TRIGGER clock_reading_is_not_replaced BEFORE INSERT ON clock_reading
WHEN EXISTS (SELECT 1 FROM clock_reading WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'a clock reading is never changed'); END;
CREATE TRIGGER witnessed_by_the_rule BEFORE INSERT ON witnessed
WHEN EXISTS (SELECT 1 FROM witnessed WHERE reading >= NEW.reading)
  OR NOT EXISTS (SELECT 1 FROM witness_rule
                 WHERE reading = NEW.reading AND us = NEW.us AND behind_us = NEW.behind_us)
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;
CREATE TRIGGER witnessed_is_final BEFORE UPDATE ON witnessed
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;
CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;

-- The day it still is where it is earliest on earth (UTC-12): each day before it is over in every time zone.
CREATE VIEW today AS
SELECT date(min(witnessed.us, clock_us.at_us) / 1000000 - 43200, 'unixepoch') AS day
FROM witnessed JOIN clock_us ON clock_us.seq = witnessed.reading
WHERE witnessed.reading = (SELECT max(reading) FROM witnessed);

-- When a call ended, told by a clock that may have been set back: its decision then lies behind an earlier one, and
-- what was witnessed before the recording's leaf is the better witness. Else its recording would be due too early.
CREATE INDEX ledger_of_clocks ON ledger (leaf_index) WHERE kind = 'clock';
CREATE VIEW recording_end AS
SELECT recording.id AS recording, recording.ended_at,
       CASE WHEN decision.behind_us > 0 THEN
           (SELECT us FROM witnessed
            WHERE reading = (SELECT CAST(key AS INTEGER) FROM ledger AS clock INDEXED BY ledger_of_clocks
                             WHERE clock.kind = 'clock' AND clock.leaf_index < (
                                 SELECT leaf_index FROM ledger WHERE kind = 'recording' AND key = recording.id)
                             ORDER BY clock.leaf_index DESC LIMIT 1))
       END AS witnessed_us
FROM recording LEFT JOIN decision ON decision.id = recording.decision;

-- A legal hold: of one recording, of all recordings of a call, or of all of a callee, those to come included.
CREATE TABLE hold (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    scope          TEXT NOT NULL CHECK (scope IN ('recording', 'call', 'callee')),
    key            TEXT NOT NULL CHECK (key <> ''),  -- id of the recording or decision, or E.164
    since          TEXT NOT NULL,
    by             TEXT NOT NULL CHECK (by <> ''),
    reason         TEXT NOT NULL CHECK (reason <> ''),
    released_at    TEXT,
    released_by    TEXT NOT NULL DEFAULT '',
    release_reason TEXT NOT NULL DEFAULT '',
    CHECK ((released_at IS NULL) = (released_by = '') AND (released_at IS NULL) = (release_reason = ''))
) STRICT;
CREATE INDEX hold_in_force ON hold (scope, key) WHERE released_at IS NULL;

CREATE VIEW held AS
SELECT recording.id AS recording, hold.id AS hold
FROM recording JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'recording' AND hold.key = recording.id) OR (hold.scope = 'call' AND hold.key = recording.decision)
    OR (hold.scope = 'callee' AND hold.key = recording.number));

CREATE TRIGGER hold_is_logged AFTER INSERT ON hold
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.since, NEW.by, 'recording', 'hold', NEW.key,
            json_object('hold', NEW.id, 'scope', NEW.scope, 'reason', NEW.reason));
END;
CREATE TRIGGER release_is_logged AFTER UPDATE ON hold
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.released_at, NEW.released_by, 'recording', 'release', NEW.key,
            json_object('hold', NEW.id, 'scope', NEW.scope, 'reason', NEW.release_reason));
END;
CREATE TRIGGER hold_begins_in_force BEFORE INSERT ON hold
WHEN NEW.released_at IS NOT NULL OR EXISTS (SELECT 1 FROM hold WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;
CREATE TRIGGER hold_is_only_released BEFORE UPDATE ON hold
WHEN OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.id IS NOT OLD.id OR NEW.scope IS NOT OLD.scope
  OR NEW.key IS NOT OLD.key OR NEW.since IS NOT OLD.since OR NEW.by IS NOT OLD.by OR NEW.reason IS NOT OLD.reason
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;
CREATE TRIGGER hold_stays BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;

-- Written before the files go. ``done_at``: when they were gone; null when a crash came between.
CREATE TABLE disposal (
    recording  TEXT PRIMARY KEY REFERENCES recording (id),
    at         TEXT NOT NULL,
    by         TEXT NOT NULL CHECK (by <> ''),
    keep_until TEXT NOT NULL,
    reading    INTEGER NOT NULL REFERENCES clock_reading (seq),  -- by which it was late enough
    done_at    TEXT
) STRICT, WITHOUT ROWID;
-- The same on the recording itself, so that what is still kept can be walked in the order of its time.
ALTER TABLE recording ADD COLUMN disposed_at TEXT;
CREATE INDEX recording_by_keep_until ON recording (keep_until, id)
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL;
CREATE INDEX disposal_unfinished ON disposal (recording) WHERE done_at IS NULL;
-- For one entry's history; and for the raises that a disposal has to respect.
CREATE INDEX register_change_by_key ON register_change (register, key);

CREATE TRIGGER disposal_in_its_time BEFORE INSERT ON disposal
BEGIN
    SELECT RAISE(ABORT, 'disposed of already') WHERE EXISTS (SELECT 1 FROM disposal WHERE recording = NEW.recording);
    SELECT RAISE(ABORT, 'not a recording that has ended')
    WHERE NOT EXISTS (SELECT 1 FROM recording WHERE id = NEW.recording AND ended_at IS NOT NULL
                      AND keep_until = NEW.keep_until);
    SELECT RAISE(ABORT, 'the recording is under a legal hold')
    WHERE EXISTS (SELECT 1 FROM held WHERE recording = NEW.recording);
    SELECT RAISE(ABORT, 'the recording must still be kept, by the witnessed time')
    WHERE NOT coalesce(NEW.keep_until < (SELECT day FROM today), 0);
    SELECT RAISE(ABORT, 'the recording must be kept until a later day, by the log')
    WHERE EXISTS (SELECT 1 FROM register_change
                  WHERE register = 'recording' AND key = NEW.recording AND action IN ('keep', 'policy')
                    AND NOT coalesce(json_extract(detail, '$.to') <= NEW.keep_until, 0));
    SELECT RAISE(ABORT, 'not the last clock reading')
    WHERE NEW.reading IS NOT (SELECT max(reading) FROM witnessed) OR NEW.done_at IS NOT NULL;
END;
CREATE TRIGGER disposal_is_logged AFTER INSERT ON disposal
BEGIN
    UPDATE recording SET disposed_at = NEW.at WHERE id = NEW.recording;
    INSERT INTO register_change (at, actor, register, action, key, detail)
    SELECT NEW.at, NEW.by, 'recording', 'dispose', NEW.recording,
           json_object('keep_until', NEW.keep_until, 'reading', NEW.reading, 'sha256', sha256,
                       'callee_sha256', callee_sha256, 'agent_sha256', agent_sha256)
    FROM recording WHERE id = NEW.recording;
END;
CREATE TRIGGER disposal_done_is_logged AFTER UPDATE ON disposal
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.done_at, NEW.by, 'recording', 'disposed', NEW.recording, '{}');
END;
CREATE TRIGGER disposal_is_only_finished BEFORE UPDATE ON disposal
WHEN OLD.done_at IS NOT NULL OR NEW.done_at IS NULL OR NEW.recording IS NOT OLD.recording OR NEW.at IS NOT OLD.at
  OR NEW.by IS NOT OLD.by OR NEW.keep_until IS NOT OLD.keep_until OR NEW.reading IS NOT OLD.reading
BEGIN SELECT RAISE(ABORT, 'a disposal is never changed'); END;
CREATE TRIGGER recording_is_disposed_of_by_a_disposal BEFORE UPDATE OF disposed_at ON recording
WHEN NEW.disposed_at IS NOT (SELECT at FROM disposal WHERE recording = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a recording is disposed of by its row in disposal'); END;
CREATE TRIGGER disposal_stays BEFORE DELETE ON disposal
BEGIN SELECT RAISE(ABORT, 'a disposal is never taken back'); END;

-- A recording's row stays for good. REPLACE would delete it without a DELETE that a trigger sees.
CREATE TRIGGER recording_stays BEFORE DELETE ON recording
BEGIN SELECT RAISE(ABORT, 'a recording is never deleted here: dialpact recordings purge'); END;
CREATE TRIGGER recording_is_not_replaced BEFORE INSERT ON recording
WHEN EXISTS (SELECT 1 FROM recording WHERE id = NEW.id OR path = NEW.path)
BEGIN SELECT RAISE(ABORT, 'there is such a recording already'); END;
CREATE TRIGGER recording_keeps_its_name BEFORE UPDATE OF id, path ON recording
WHEN NEW.id IS NOT OLD.id OR NEW.path IS NOT OLD.path
BEGIN SELECT RAISE(ABORT, 'a recording keeps its id and its path'); END;
CREATE TRIGGER recording_keep_until_is_a_day BEFORE UPDATE OF keep_until ON recording
WHEN NEW.keep_until IS NOT NULL AND date(NEW.keep_until, '+0 days') IS NOT NEW.keep_until
  AND (OLD.keep_until IS NULL OR NEW.keep_until >= OLD.keep_until)  -- to lower it is refused in its own words
BEGIN SELECT RAISE(ABORT, 'keep_until is a day: 2027-11-24'); END;
CREATE TRIGGER recording_begins_unfinished BEFORE INSERT ON recording
WHEN NEW.ended_at IS NOT NULL OR NEW.keep_until IS NOT NULL OR NEW.disposed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a recording begins without an end'); END;
