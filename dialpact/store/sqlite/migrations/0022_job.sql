-- Long work that programs ask for (compliance/jobs.py). The row is no evidence: what a job does, it does by acts of its own.
CREATE TABLE job (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    by           TEXT NOT NULL,
    key          TEXT NOT NULL,     -- the API key's id; empty: a person
    businesses   TEXT NOT NULL,     -- JSON: whose data it is about; []: not known, or everybody's
    detail       TEXT NOT NULL,     -- JSON: how it is to be done; {} once nothing of it is kept
    bytes        INTEGER NOT NULL,  -- of what was sent with it
    created_at   TEXT NOT NULL,
    started_at   TEXT,
    finished_at  TEXT,
    starts       INTEGER NOT NULL,  -- how often it was begun
    rows         INTEGER NOT NULL,  -- done so far
    of           INTEGER,           -- of so many; NULL: not known
    result       TEXT,              -- JSON: what came out, beside the file
    error        TEXT NOT NULL,     -- code; empty: none
    error_detail TEXT NOT NULL      -- JSON: what fills its text
) STRICT;
CREATE INDEX job_by_state ON job (state, seq);
CREATE INDEX job_by_kind ON job (kind, seq);
CREATE INDEX job_by_key ON job (key, state);
