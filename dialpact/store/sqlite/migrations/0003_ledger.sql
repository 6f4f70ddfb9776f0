-- The ledger: one leaf for each thing that must be provable, in the transaction that made it.
-- Its content stays where it is, in the table of its kind; compliance/store/sqlite/ledger.py says which columns.

CREATE TABLE ledger (
    leaf_index INTEGER PRIMARY KEY,  -- from 0, without a gap
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,        -- of the row in the kind's own table
    version    INTEGER NOT NULL,     -- of the record's form
    salt       BLOB,                 -- null when the record was erased
    leaf       BLOB NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (kind, key)
) STRICT;

-- Hashes of complete subtrees: level 1 is of 256 leaves, level 2 of 256 of those.
CREATE TABLE ledger_node (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    size INTEGER NOT NULL,
    at   TEXT NOT NULL,
    note TEXT NOT NULL,  -- the signed note, as it was given out
    PRIMARY KEY (size, at)
) STRICT, WITHOUT ROWID;

-- What the clocks of this host said: the wall clock beside the time since the host started, which nobody sets.
CREATE TABLE clock_reading (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    boot_id   TEXT NOT NULL,
    uptime_us INTEGER NOT NULL,
    by        TEXT NOT NULL  -- which part took it: gate, listener, purge, ...
) STRICT;

-- What waits for its leaf. Filled by the triggers, emptied before the same transaction commits: no writer can
-- forget it, nor a row that was put in by other means.
CREATE TABLE unsealed (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL
) STRICT;

-- Microseconds by which a decision's time lies before the latest one that was known: a clock was set back, or a
-- refusal could be stored only later.
ALTER TABLE decision ADD COLUMN behind_us INTEGER NOT NULL DEFAULT 0 CHECK (behind_us >= 0);

INSERT INTO unsealed (kind, key)
SELECT kind, key FROM (
    SELECT decided_at AS at, 'decision' AS kind, id AS key, seq FROM decision
    UNION ALL SELECT at, 'undelivered', decision, 0 FROM undelivered
    UNION ALL SELECT ended_at, 'recording', id, 0 FROM recording WHERE ended_at IS NOT NULL
    UNION ALL SELECT at, 'register-change', seq, seq FROM register_change
    UNION ALL SELECT at, 'incident', seq, seq FROM incident
    UNION ALL SELECT at, 'opt-out', seq, seq FROM opt_out
) ORDER BY at, kind, seq;

CREATE TRIGGER ledger_decision AFTER INSERT ON decision
BEGIN INSERT INTO unsealed (kind, key) VALUES ('decision', NEW.id); END;
CREATE TRIGGER ledger_undelivered AFTER INSERT ON undelivered
BEGIN INSERT INTO unsealed (kind, key) VALUES ('undelivered', NEW.decision); END;
CREATE TRIGGER ledger_recording AFTER UPDATE ON recording WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('recording', NEW.id); END;
CREATE TRIGGER ledger_register_change AFTER INSERT ON register_change
BEGIN INSERT INTO unsealed (kind, key) VALUES ('register-change', NEW.seq); END;
CREATE TRIGGER ledger_incident AFTER INSERT ON incident
BEGIN INSERT INTO unsealed (kind, key) VALUES ('incident', NEW.seq); END;
CREATE TRIGGER ledger_opt_out AFTER INSERT ON opt_out
BEGIN INSERT INTO unsealed (kind, key) VALUES ('opt-out', NEW.seq); END;
CREATE TRIGGER ledger_clock_reading AFTER INSERT ON clock_reading
BEGIN INSERT INTO unsealed (kind, key) VALUES ('clock', NEW.seq); END;

CREATE TRIGGER ledger_is_final BEFORE UPDATE ON ledger
WHEN NEW.leaf_index IS NOT OLD.leaf_index OR NEW.kind IS NOT OLD.kind OR NEW.key IS NOT OLD.key
  OR NEW.version IS NOT OLD.version OR NEW.leaf IS NOT OLD.leaf OR NEW.salt IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a leaf is never changed, only its content erased'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'a leaf is never deleted'); END;
CREATE TRIGGER undelivered_is_final BEFORE UPDATE ON undelivered
BEGIN SELECT RAISE(ABORT, 'an undelivered decision stays undelivered'); END;
CREATE TRIGGER undelivered_stays BEFORE DELETE ON undelivered
BEGIN SELECT RAISE(ABORT, 'an undelivered decision stays undelivered'); END;
CREATE TRIGGER register_change_is_final BEFORE UPDATE ON register_change
BEGIN SELECT RAISE(ABORT, 'a change of a register is never changed'); END;
CREATE TRIGGER register_change_stays BEFORE DELETE ON register_change
BEGIN SELECT RAISE(ABORT, 'a change of a register is never deleted'); END;
CREATE TRIGGER incident_is_final BEFORE UPDATE ON incident
BEGIN SELECT RAISE(ABORT, 'an incident is never changed'); END;
CREATE TRIGGER incident_stays BEFORE DELETE ON incident
BEGIN SELECT RAISE(ABORT, 'an incident is never deleted'); END;
CREATE TRIGGER opt_out_is_final BEFORE UPDATE ON opt_out
BEGIN SELECT RAISE(ABORT, 'an opt-out is never changed'); END;
CREATE TRIGGER opt_out_stays BEFORE DELETE ON opt_out
BEGIN SELECT RAISE(ABORT, 'an opt-out is never deleted'); END;
CREATE TRIGGER clock_reading_is_final BEFORE UPDATE ON clock_reading
BEGIN SELECT RAISE(ABORT, 'a clock reading is never changed'); END;
CREATE TRIGGER clock_reading_stays BEFORE DELETE ON clock_reading
BEGIN SELECT RAISE(ABORT, 'a clock reading is never deleted'); END;

-- A recording that has ended is what it was; what may still change (state, keep_until) has rules of its own.
CREATE TRIGGER recording_end_is_final BEFORE UPDATE ON recording
WHEN OLD.ended_at IS NOT NULL AND (
    NEW.id IS NOT OLD.id OR NEW.decision IS NOT OLD.decision OR NEW.node IS NOT OLD.node
    OR NEW.channel IS NOT OLD.channel OR NEW.uniqueid IS NOT OLD.uniqueid OR NEW.number IS NOT OLD.number
    OR NEW.caller_id IS NOT OLD.caller_id OR NEW.campaign IS NOT OLD.campaign
    OR NEW.started_at IS NOT OLD.started_at OR NEW.answered_at IS NOT OLD.answered_at
    OR NEW.ended_at IS NOT OLD.ended_at OR NEW.format IS NOT OLD.format OR NEW.path IS NOT OLD.path
    OR NEW.bytes IS NOT OLD.bytes OR NEW.seconds IS NOT OLD.seconds
    OR NEW.talk_seconds IS NOT OLD.talk_seconds OR NEW.sha256 IS NOT OLD.sha256
    OR NEW.callee_path IS NOT OLD.callee_path OR NEW.callee_sha256 IS NOT OLD.callee_sha256
    OR NEW.callee_dbfs IS NOT OLD.callee_dbfs OR NEW.agent_path IS NOT OLD.agent_path
    OR NEW.agent_sha256 IS NOT OLD.agent_sha256 OR NEW.agent_dbfs IS NOT OLD.agent_dbfs)
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed'); END;
