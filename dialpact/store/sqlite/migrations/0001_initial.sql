-- Times are UTC text of one width (2026-11-24T02:00:00.000000Z), so they sort; dates are local days.
-- Telephone numbers of callees are E.164 digits without the plus, as integers (at most 15 digits).

CREATE TABLE business (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    actor      TEXT NOT NULL CHECK (actor IN ('own-business', 'licensed-call-centre')),
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
    id         TEXT PRIMARY KEY,
    business   TEXT NOT NULL REFERENCES business (id),
    industry   TEXT NOT NULL,
    purpose    TEXT NOT NULL CHECK (purpose IN ('marketing', 'service', 'survey', 'collection')),
    script     TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE caller_id (
    number        TEXT PRIMARY KEY,
    business      TEXT NOT NULL REFERENCES business (id),
    licence       TEXT NOT NULL,
    carrier       TEXT NOT NULL,
    authenticated INTEGER NOT NULL CHECK (authenticated IN (0, 1)),
    trunks        TEXT NOT NULL,  -- JSON list of trunk names, or ["*"]
    purposes      TEXT NOT NULL,  -- JSON list of purposes, or ["*"]
    valid_from    TEXT NOT NULL,
    valid_to      TEXT,           -- last valid day
    created_at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    number       INTEGER NOT NULL,
    business     TEXT NOT NULL,
    industry     TEXT NOT NULL,
    granted_at   TEXT NOT NULL,
    expires_at   TEXT,
    evidence     TEXT NOT NULL CHECK (evidence <> ''),
    withdrawn_at TEXT,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (number, business, industry, granted_at)
) STRICT, WITHOUT ROWID;

-- Only what is in force. A removal is an act with an actor and a reason: register_change keeps it and the entry.
CREATE TABLE do_not_call (
    number       INTEGER NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value        TEXT NOT NULL CHECK ((scope = 'all') = (value = '')),
    requested_at TEXT NOT NULL,
    source       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (number, scope, value)
) STRICT, WITHOUT ROWID;

-- Who changed which register, when and how; imports are one row with their count.
CREATE TABLE register_change (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    register TEXT NOT NULL,
    action   TEXT NOT NULL,
    key      TEXT NOT NULL,
    detail   TEXT NOT NULL  -- JSON
) STRICT;

-- One row per attempt, allowed or not; seq has no gaps, so a missing row shows.
CREATE TABLE decision (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    node       TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    verdict    TEXT NOT NULL CHECK (verdict IN ('ALLOW', 'BLOCK')),
    reasons    TEXT NOT NULL,  -- JSON list
    number     TEXT NOT NULL,  -- E.164 with plus; empty when it is none
    given      TEXT NOT NULL,  -- as dialled, escaped and bounded
    dial       TEXT NOT NULL,
    caller_id  TEXT NOT NULL,
    campaign   TEXT NOT NULL,
    business   TEXT NOT NULL,
    agent      TEXT NOT NULL,
    trunk      TEXT NOT NULL,
    channel    TEXT NOT NULL,
    uniqueid   TEXT NOT NULL,
    attack     TEXT NOT NULL,
    retry_at   TEXT,
    record     TEXT NOT NULL,  -- JSON of the whole compliance.model.Decision: all inputs, findings, versions
    CHECK (verdict = 'BLOCK' OR (dial <> '' AND reasons = '[]'))
) STRICT;
CREATE INDEX decision_by_number ON decision (number, decided_at);

-- An ALLOW that was never told to the PBX (deadline, the caller hung up): it must not be used.
CREATE TABLE undelivered (
    decision TEXT PRIMARY KEY REFERENCES decision (id),
    at       TEXT NOT NULL,
    reason   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The listener's word that it could record now. Gate and listener of a node share a host, so the expiry is
-- on the host's monotonic clock: a step of the wall clock neither prolongs nor ends it.
CREATE TABLE recorder_lease (
    node       TEXT PRIMARY KEY,
    boot_id    TEXT NOT NULL,
    expires_ns INTEGER NOT NULL,
    ready      INTEGER NOT NULL CHECK (ready IN (0, 1)),
    why        TEXT NOT NULL,
    renewed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per carrier leg and segment (a stopped recording is continued in a new file).
CREATE TABLE recording (
    id           TEXT PRIMARY KEY,
    decision     TEXT NOT NULL REFERENCES decision (id),
    node         TEXT NOT NULL,
    channel      TEXT NOT NULL,
    uniqueid     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('starting', 'running', 'kept', 'unanswered', 'failed')),
    number       TEXT NOT NULL,
    caller_id    TEXT NOT NULL,
    campaign     TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    answered_at  TEXT,
    ended_at     TEXT,
    format       TEXT NOT NULL,
    path         TEXT NOT NULL UNIQUE,
    bytes        INTEGER,
    seconds      REAL,
    talk_seconds REAL,
    sha256       TEXT,
    callee_path  TEXT NOT NULL,  -- what the callee said (the leg's received side)
    callee_sha256 TEXT,
    callee_dbfs  REAL,           -- level, dB relative to full scale; null: silence or no file
    agent_path   TEXT NOT NULL,  -- what the callee was sent
    agent_sha256 TEXT,
    agent_dbfs   REAL,
    keep_until   TEXT            -- local day through which it must be kept
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_by_decision ON recording (decision);
CREATE INDEX recording_open ON recording (node, state) WHERE state IN ('starting', 'running');

CREATE TRIGGER recording_keep_until_only_rises BEFORE UPDATE OF keep_until ON recording
WHEN OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until)
BEGIN SELECT RAISE(ABORT, 'keep_until may be raised, never lowered'); END;

CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;

CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;

CREATE TABLE incident (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    node     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    decision TEXT NOT NULL,
    channel  TEXT NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
