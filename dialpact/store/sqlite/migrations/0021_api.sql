-- Programs that ask: their keys, when each was last used, and what was answered to a request that may come twice.

-- A token itself is nowhere: ``mac`` is its HMAC-SHA-256 under a secret that is not in the database.
CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    scopes     TEXT NOT NULL,            -- JSON
    businesses TEXT NOT NULL,            -- JSON; none: all
    expires    TEXT NOT NULL,            -- the last valid day
    mac        TEXT NOT NULL,
    added_at   TEXT NOT NULL,
    added_by   TEXT NOT NULL,
    revoked_at TEXT,
    revoked_by TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TRIGGER api_key_stays BEFORE DELETE ON api_key
BEGIN SELECT RAISE(ABORT, 'a key is revoked, never deleted'); END;

-- Said anew at most once a minute.
CREATE TABLE api_key_use (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A request with an Idempotency-Key: there from before its act on, gone a day later. ``written``: what the acts of it
-- have put in, noted in their own transactions, so that one that was cut off is found and not done again.
CREATE TABLE idempotency (
    key     TEXT NOT NULL,               -- of the API
    name    TEXT NOT NULL,               -- the Idempotency-Key
    at      TEXT NOT NULL,
    request TEXT NOT NULL,               -- keyed hash of method, address and body
    act     TEXT NOT NULL,               -- 128 random bits, for what the act makes
    owner   TEXT NOT NULL,               -- the process that is at it
    written TEXT NOT NULL DEFAULT '[]',  -- JSON: kind and key of each record
    status  INTEGER,                     -- of the answer; none: there is none yet
    headers TEXT NOT NULL DEFAULT '{}',  -- JSON
    body    BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);
