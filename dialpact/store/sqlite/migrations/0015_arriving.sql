-- A long file comes into a register in slices, each a short transaction, so that no writer beside it waits long, and
-- counts from one instant on. Its rows arrive in tables beside the register, under the number of the import; when all
-- are in, ``counts`` is set, in the transaction of the log's line. From then on whoever asks the register sees them
-- (the views say how), while they are moved into it, again in slices. Nothing of the tables of before is touched.

CREATE TABLE arriving (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: what a killed import left stays nobody's
    register TEXT NOT NULL CHECK (register IN ('dnc', 'consent', 'leads')),
    counts   INTEGER NOT NULL DEFAULT 0 CHECK (counts IN (0, 1)),
    owner    TEXT NOT NULL,  -- the process that reads the file: when it is gone, what has arrived is swept
    at       TEXT NOT NULL,  -- created_at of its rows
    batch    INTEGER REFERENCES batch (id)  -- of leads: until they are all in, its time of withdrawal is empty
) STRICT;
CREATE UNIQUE INDEX arriving_that_counts ON arriving (register) WHERE counts = 1;  -- one at a time

CREATE TABLE arriving_dnc (
    arrival      INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    scope        TEXT NOT NULL,
    value        TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    source       TEXT NOT NULL,
    PRIMARY KEY (arrival, number, scope, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE arriving_consent (
    arrival         INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    business        TEXT NOT NULL,
    industry        TEXT NOT NULL,
    granted_at      TEXT NOT NULL,
    expires_at      TEXT,
    evidence        TEXT NOT NULL CHECK (evidence <> ''),  -- refused here, and not when it counts
    evidence_sha256 TEXT NOT NULL,
    wording         TEXT NOT NULL,
    PRIMARY KEY (arrival, number, business, industry, granted_at)
) STRICT, WITHOUT ROWID;

-- The registers as they are: their own rows, and those that count already and are yet to be moved.

-- An opt-out that is in force already stays as it was first recorded.
CREATE VIEW dnc_arrived AS
SELECT new.number, new.scope, new.value, new.requested_at, new.source,
       (SELECT at FROM arriving WHERE arriving.id = new.arrival) AS created_at
FROM arriving_dnc AS new
WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'dnc' AND counts = 1)
  AND NOT EXISTS (SELECT 1 FROM do_not_call AS old
                  WHERE old.number = new.number AND old.scope = new.scope AND old.value = new.value);

CREATE VIEW dnc_now AS
SELECT number, scope, value, requested_at, source, created_at FROM do_not_call
UNION ALL
SELECT number, scope, value, requested_at, source, created_at FROM dnc_arrived;

-- (SQLite looks into the parts of such a view only where both have columns of the same kinds: hence the casts.)
-- One that is there can only have been shortened; one that is older than a withdrawal in its scope comes in as withdrawn.
CREATE VIEW consent_now AS
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, created_at, evidence_sha256, wording
FROM consent AS old
WHERE NOT EXISTS (SELECT 1 FROM arriving_consent AS new
                  WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'consent' AND counts = 1)
                    AND new.number = old.number AND new.business = old.business AND new.industry = old.industry
                    AND new.granted_at = old.granted_at)
UNION ALL
SELECT new.number, new.business, new.industry, new.granted_at, new.expires_at, new.evidence,
       CAST((SELECT max(old.withdrawn_at) FROM consent AS old
             WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
               AND old.withdrawn_at >= new.granted_at) AS TEXT),
       CAST(coalesce((SELECT old.created_at FROM consent AS old
                      WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
                        AND old.granted_at = new.granted_at),
                     (SELECT at FROM arriving WHERE arriving.id = new.arrival)) AS TEXT),
       new.evidence_sha256, new.wording
FROM arriving_consent AS new
WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'consent' AND counts = 1);
