-- Scripts, leads, suspensions, complaints, opt-outs in the call, and what attempts are counted by.

ALTER TABLE consent ADD COLUMN evidence_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN wording TEXT NOT NULL DEFAULT '';

-- In shadow a refused call is put through all the same: it has a BLOCK, its reasons, and something to dial.
ALTER TABLE decision ADD COLUMN mode TEXT NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'shadow'));
CREATE INDEX decision_by_caller_id ON decision (caller_id, decided_at);
CREATE INDEX decision_by_campaign ON decision (campaign, number, decided_at);

-- A campaign's purpose decides which rules bind it: whoever changes it, and however, leaves a trace.
CREATE TRIGGER campaign_purpose_leaves_a_trace AFTER UPDATE OF purpose ON campaign
WHEN OLD.purpose <> NEW.purpose
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z', 'database', 'campaign', 'purpose', NEW.id,
            json_object('from', OLD.purpose, 'to', NEW.purpose));
END;

-- Every version that there was. The newest one counts; a changed text is a new version and not approved.
CREATE TABLE script (
    id          TEXT NOT NULL,
    version     INTEGER NOT NULL,
    text        TEXT NOT NULL,
    sha256      TEXT NOT NULL,  -- of the text in UTF-8
    added_at    TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT,
    expires_at  TEXT,
    checked     TEXT NOT NULL DEFAULT '[]',  -- JSON list: digests of the phrase lists it was checked for
    PRIMARY KEY (id, version),
    CHECK ((approved_by = '') = (approved_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER script_text_is_final BEFORE UPDATE OF id, version, text, sha256 ON script
BEGIN SELECT RAISE(ABORT, 'the text of a script is never changed: add a new version'); END;

CREATE TABLE batch (
    id           INTEGER PRIMARY KEY,
    campaign     TEXT NOT NULL REFERENCES campaign (id),
    partner      TEXT NOT NULL CHECK (partner <> ''),
    contract     TEXT NOT NULL CHECK (contract <> ''),
    basis        TEXT NOT NULL CHECK (basis <> ''),
    file         TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    imported_at  TEXT NOT NULL,
    imported_by  TEXT NOT NULL,
    rows         INTEGER NOT NULL,
    finding      TEXT NOT NULL DEFAULT '',  -- JSON: what the range detector saw
    held         TEXT NOT NULL DEFAULT '',  -- why nothing of it may be dialled; empty when released
    withdrawn_at TEXT
) STRICT;

CREATE TABLE lead (
    number INTEGER NOT NULL,
    batch  INTEGER NOT NULL REFERENCES batch (id),
    PRIMARY KEY (number, batch)
) STRICT, WITHOUT ROWID;

CREATE TABLE suspension (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('agent', 'campaign', 'caller-id')),
    key         TEXT NOT NULL CHECK (key <> ''),
    since       TEXT NOT NULL,
    by          TEXT NOT NULL,
    cause       TEXT NOT NULL,  -- in words
    evidence    TEXT NOT NULL,  -- JSON: ids of the decisions or complaints that led to it
    lifted_at   TEXT,
    lifted_by   TEXT NOT NULL DEFAULT '',
    lift_reason TEXT NOT NULL DEFAULT '',
    CHECK ((lifted_at IS NULL) = (lift_reason = ''))
) STRICT;
CREATE UNIQUE INDEX suspension_in_force ON suspension (kind, key) WHERE lifted_at IS NULL;

-- Refused attempts that count towards a suspension, as long as they can.
CREATE TABLE refused (
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (kind, key, at, decision)
) STRICT, WITHOUT ROWID;

CREATE TABLE complaint (
    id          INTEGER PRIMARY KEY,
    number      INTEGER NOT NULL,  -- who complains
    called_at   TEXT NOT NULL,     -- when the call is said to have been
    source      TEXT NOT NULL,     -- 12321, or another
    caller_id   TEXT NOT NULL DEFAULT '',
    campaign    TEXT NOT NULL DEFAULT '',
    agent       TEXT NOT NULL DEFAULT '',
    decision    TEXT NOT NULL DEFAULT '',  -- the call that it was matched to
    note        TEXT NOT NULL DEFAULT '',
    received_at TEXT NOT NULL,
    due         TEXT,              -- local day by which it must be answered; null when the calendar ends before
    status      TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered')),
    answered_at TEXT,
    answer      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX complaint_by_caller_id ON complaint (caller_id, received_at);
CREATE INDEX complaint_by_campaign ON complaint (campaign, received_at);
CREATE INDEX complaint_by_agent ON complaint (agent, received_at);

-- Each time a person refused in or after a call, also when the refusal was registered already.
CREATE TABLE opt_out (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    number    INTEGER NOT NULL,
    scope     TEXT NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value     TEXT NOT NULL,
    how       TEXT NOT NULL CHECK (how IN ('callee-key', 'agent-key', 'line', 'command', 'import')),
    by        TEXT NOT NULL,             -- the agent, the officer, or the person's own number
    node      TEXT NOT NULL DEFAULT '',
    channel   TEXT NOT NULL DEFAULT '',
    decision  TEXT NOT NULL DEFAULT '',  -- the call, where it was one of ours
    recording TEXT NOT NULL DEFAULT '',
    position  REAL                       -- seconds from the recording's start
) STRICT;
CREATE INDEX opt_out_by_number ON opt_out (number, at);

CREATE INDEX register_change_by_action ON register_change (register, action, at);
CREATE INDEX incident_by_kind ON incident (kind, channel, at);
