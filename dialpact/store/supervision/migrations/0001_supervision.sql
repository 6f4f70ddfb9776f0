-- The supervisor's own database: what operators' logs showed, what they handed in, what they were asked.

CREATE TABLE operator (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    origin       TEXT NOT NULL UNIQUE,  -- of its log, as it is called now
    url          TEXT NOT NULL,         -- empty: it can not be asked
    secret       BLOB NOT NULL,
    reports_from TEXT NOT NULL,         -- YYYY-MM
    added_at     TEXT NOT NULL,
    ended_at     TEXT                   -- supervised no more: not asked, and owes nothing from then on
) STRICT;

-- The newest is in force.
CREATE TABLE operator_key (
    seq      INTEGER PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operator (id),
    vkey     TEXT NOT NULL,
    since    TEXT NOT NULL,
    proof    TEXT NOT NULL  -- as it was handed in; empty: a person said so
) STRICT;
CREATE INDEX operator_key_of ON operator_key (operator, seq);

CREATE TABLE head (
    operator TEXT NOT NULL REFERENCES operator (id),
    log      TEXT NOT NULL,  -- its name: of one operator there is another one after a new beginning
    size     INTEGER NOT NULL,
    root     BLOB NOT NULL,
    note     TEXT NOT NULL,
    line     TEXT NOT NULL,
    first_at TEXT NOT NULL,
    last_at  TEXT NOT NULL,
    PRIMARY KEY (operator, log, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE stray (
    operator TEXT NOT NULL REFERENCES operator (id),
    log      TEXT NOT NULL,
    size     INTEGER NOT NULL,
    root     BLOB NOT NULL,
    note     TEXT NOT NULL,
    seen_at  TEXT NOT NULL,
    why      TEXT NOT NULL CHECK (why IN ('behind', 'not-continued', 'elsewhere')),
    PRIMARY KEY (operator, log, size, root)
) STRICT, WITHOUT ROWID;

CREATE TABLE fork (
    seq      INTEGER PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operator (id),
    log      TEXT NOT NULL,
    size     INTEGER NOT NULL,
    one      TEXT NOT NULL,
    other    TEXT NOT NULL,
    root     BLOB NOT NULL,  -- of the other one
    seen_at  TEXT NOT NULL,
    seen_in  TEXT NOT NULL CHECK (seen_in IN ('witness', 'package', 'report')),
    UNIQUE (operator, log, size, root)
) STRICT;

CREATE TABLE gap (
    operator TEXT NOT NULL REFERENCES operator (id),
    since    TEXT NOT NULL,
    until    TEXT NOT NULL,
    PRIMARY KEY (operator, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    seq         INTEGER PRIMARY KEY,
    operator    TEXT NOT NULL REFERENCES operator (id),
    month       TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    leaf        INTEGER NOT NULL,
    made_at     TEXT NOT NULL,
    received_at TEXT NOT NULL,
    headings    TEXT NOT NULL,
    envelope    BLOB NOT NULL,  -- as it came: report, statement and proof
    UNIQUE (operator, month, sha256)
) STRICT;

CREATE TABLE refusal (
    seq      INTEGER PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operator (id),
    at       TEXT NOT NULL,
    what     TEXT NOT NULL,
    code     TEXT NOT NULL
) STRICT;
CREATE INDEX refusal_of ON refusal (operator, seq);

CREATE TABLE complaint (
    id          INTEGER PRIMARY KEY,
    reference   TEXT NOT NULL UNIQUE,
    number      TEXT NOT NULL,
    called_at   TEXT NOT NULL,
    since       TEXT NOT NULL,
    before      TEXT NOT NULL,
    received_at TEXT NOT NULL,
    due         TEXT,
    note        TEXT NOT NULL,
    closed_at   TEXT,
    conclusion  TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE question (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    complaint     INTEGER NOT NULL REFERENCES complaint (id),
    operator      TEXT NOT NULL REFERENCES operator (id),
    asked_at      TEXT NOT NULL,
    note          TEXT NOT NULL,
    outcome       TEXT NOT NULL CHECK (outcome IN ('waiting', 'failed', 'answered')),
    why           TEXT NOT NULL DEFAULT '',
    said          TEXT NOT NULL DEFAULT '',
    answer        TEXT NOT NULL DEFAULT '',
    answered_at   TEXT,
    around        INTEGER NOT NULL DEFAULT 0,
    package       TEXT NOT NULL DEFAULT '',
    package_state TEXT NOT NULL DEFAULT '' CHECK (package_state IN ('', 'valid', 'invalid', 'other-call', 'failed')),
    found         TEXT NOT NULL DEFAULT '[]',
    calls         TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX question_of ON question (complaint, operator, seq);

-- A call that was shown by a package from whomever, not in answer to a question.
CREATE TABLE shown (
    seq       INTEGER PRIMARY KEY,
    complaint INTEGER NOT NULL REFERENCES complaint (id),
    operator  TEXT NOT NULL REFERENCES operator (id),
    at        TEXT NOT NULL,
    package   TEXT NOT NULL,
    calls     TEXT NOT NULL,
    source    TEXT NOT NULL,
    UNIQUE (complaint, operator, package)
) STRICT;

CREATE TABLE act (
    seq    INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    by     TEXT NOT NULL,
    action TEXT NOT NULL,
    key    TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- What is evidence is not changed, and does not go.
CREATE TRIGGER fork_stays BEFORE DELETE ON fork BEGIN SELECT RAISE(ABORT, 'a fork stays'); END;
CREATE TRIGGER fork_is BEFORE UPDATE ON fork BEGIN SELECT RAISE(ABORT, 'a fork stays'); END;
CREATE TRIGGER report_stays BEFORE DELETE ON report BEGIN SELECT RAISE(ABORT, 'a report stays'); END;
CREATE TRIGGER report_is BEFORE UPDATE ON report BEGIN SELECT RAISE(ABORT, 'a report stays'); END;
CREATE TRIGGER act_stays BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'an act stays'); END;
CREATE TRIGGER act_is BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'an act stays'); END;
CREATE TRIGGER head_stays BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'a head stays'); END;
CREATE TRIGGER head_is BEFORE UPDATE OF operator, log, size, root, note, line, first_at ON head
    BEGIN SELECT RAISE(ABORT, 'a head stays'); END;
CREATE TRIGGER answer_stays BEFORE UPDATE OF answer, said, answered_at ON question WHEN OLD.outcome = 'answered'
    BEGIN SELECT RAISE(ABORT, 'an answer stays'); END;
CREATE TRIGGER question_stays BEFORE DELETE ON question BEGIN SELECT RAISE(ABORT, 'a question stays'); END;
