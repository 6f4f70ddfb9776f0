-- People who sign in to the console: their accounts, what they sign in by, their sessions.

CREATE TABLE account (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    businesses  TEXT NOT NULL,            -- JSON; none: all
    campaigns   TEXT NOT NULL,            -- likewise
    agents      TEXT NOT NULL,            -- likewise
    until       TEXT,                     -- the last valid day
    language    TEXT NOT NULL,
    subject     TEXT NOT NULL,            -- at the identity provider; empty: none
    added_at    TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    disabled_at TEXT,
    disabled_by TEXT NOT NULL DEFAULT '',
    reason      TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_by_subject ON account (subject) WHERE subject <> '';
CREATE TRIGGER account_stays BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'an account is disabled, never deleted'); END;

-- Password, authenticator, recovery codes, passkeys, a one-time link. The log has the SHA-256 of ``data``, which
-- is salted or sealed: nothing can be found by it, and nothing put in its place.
CREATE TABLE account_factor (
    account  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,               -- of a passkey
    data     TEXT NOT NULL,
    added_at TEXT NOT NULL,
    added_by TEXT NOT NULL,
    PRIMARY KEY (account, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_factor_by_id ON account_factor (id) WHERE kind = 'passkey';

-- What changes with each use, and binds nobody: the step of time of the last code.
CREATE TABLE account_use (
    account TEXT PRIMARY KEY,
    step    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ``mac``: keyed hash over the token and the row, under a secret that is not in the database; empty: it has ended.
CREATE TABLE account_session (
    id        TEXT PRIMARY KEY,
    account   TEXT NOT NULL,
    way       TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    ends_at   TEXT NOT NULL,
    seen_at   TEXT NOT NULL,
    address   TEXT NOT NULL,
    browser   TEXT NOT NULL,
    mac       TEXT NOT NULL,
    ended_at  TEXT,
    ended_by  TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX account_session_by_account ON account_session (account, opened_at);
CREATE INDEX account_session_running ON account_session (ends_at) WHERE ended_at IS NULL;
