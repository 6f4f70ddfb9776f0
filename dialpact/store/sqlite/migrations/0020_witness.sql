-- What outsiders say of the log's checkpoints. Losing a row loses evidence and changes none: each holds by itself.

-- A witness's line under a checkpoint of so many leaves (C2SP tlog-cosignature).
CREATE TABLE cosignature (
    size INTEGER NOT NULL,
    vkey TEXT NOT NULL,
    at   INTEGER NOT NULL,  -- POSIX seconds, by the witness
    line TEXT NOT NULL,     -- as it stands under the checkpoint
    PRIMARY KEY (size, vkey, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX cosignature_by_witness ON cosignature (vkey, size);

-- How it stands with each witness that was ever asked.
CREATE TABLE witness (
    vkey          TEXT PRIMARY KEY,
    url           TEXT NOT NULL,
    word          TEXT NOT NULL,     -- what its last answer was (compliance/witness.py)
    detail        TEXT NOT NULL,
    size          INTEGER NOT NULL,  -- of the largest tree that it is known to hold
    asked_at      TEXT NOT NULL,
    failing_since TEXT,
    cosigned_at   TEXT,
    told          INTEGER NOT NULL CHECK (told IN (0, 1))
) STRICT, WITHOUT ROWID;

-- An authority's answer (RFC 3161) for a checkpoint, which is here byte for byte as it was stamped.
CREATE TABLE checkpoint_stamp (
    size   INTEGER NOT NULL,
    at     TEXT NOT NULL,  -- when it was asked for
    note   TEXT NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (size, at)
) STRICT;
CREATE INDEX checkpoint_stamp_by_time ON checkpoint_stamp (at);

CREATE TRIGGER cosignature_is_final BEFORE UPDATE ON cosignature
BEGIN SELECT RAISE(ABORT, 'a cosignature is never changed'); END;
CREATE TRIGGER cosignature_stays BEFORE DELETE ON cosignature
BEGIN SELECT RAISE(ABORT, 'a cosignature is never deleted'); END;
CREATE TRIGGER checkpoint_stamp_is_final BEFORE UPDATE ON checkpoint_stamp
BEGIN SELECT RAISE(ABORT, 'a timestamp is never changed'); END;
CREATE TRIGGER checkpoint_stamp_stays BEFORE DELETE ON checkpoint_stamp
BEGIN SELECT RAISE(ABORT, 'a timestamp is never deleted'); END;
