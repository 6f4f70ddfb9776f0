-- What receivers outside are told of. Made of the log and thrown away when it is delivered: no evidence. Who changes a row
-- here makes somebody hear something or nothing; what has happened stands in the log.

-- How it stands with each receiver that was ever configured.
CREATE TABLE webhook (
    name          TEXT PRIMARY KEY,
    since         TEXT NOT NULL,
    next_leaf     INTEGER NOT NULL,  -- of the log: the first that was not looked at for it
    looked_at     TEXT NOT NULL,     -- when somebody last did
    failures      INTEGER NOT NULL DEFAULT 0,  -- in a row
    failing_since TEXT,
    why           TEXT NOT NULL DEFAULT '',
    paused_until  TEXT,
    disabled_at   TEXT,
    delivered     INTEGER NOT NULL DEFAULT 0,
    delivered_at  TEXT,
    told          INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))  -- that there are dead letters
) STRICT, WITHOUT ROWID;

-- What a receiver is told: made once, and sent in these very bytes until it is delivered or given up.
CREATE TABLE webhook_delivery (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    hook     TEXT NOT NULL,
    id       TEXT NOT NULL UNIQUE,  -- webhook-id
    type     TEXT NOT NULL,
    subjects TEXT NOT NULL,         -- JSON list of digests: whose order is kept
    body     BLOB,                  -- null once it was delivered
    happened_at TEXT NOT NULL,   -- what it tells of
    made_at  TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at  TEXT,                  -- of what waits
    last_at  TEXT,
    why      TEXT NOT NULL DEFAULT '',
    away     INTEGER NOT NULL DEFAULT 0 CHECK (away IN (0, 1)),  -- it failed since the receiver was away
    CHECK (body IS NOT NULL OR state = 'delivered')
) STRICT;
CREATE INDEX webhook_delivery_by_state ON webhook_delivery (hook, state, seq);

-- What was told by the clock, which the log does not have: once each.
CREATE TABLE webhook_told (
    hook TEXT NOT NULL,
    key  TEXT NOT NULL,
    at   TEXT NOT NULL,
    PRIMARY KEY (hook, key)
) STRICT, WITHOUT ROWID;
