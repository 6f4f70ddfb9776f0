-- What the housekeeping finds different between a register and the log: an attempt that it concerns is blocked. Found
-- anew at each look, so nothing is lost with a row of these.
CREATE TABLE register_difference (
    register TEXT NOT NULL,
    key      TEXT NOT NULL,  -- of the entry, as the log has it
    code     TEXT NOT NULL,
    leaf     INTEGER,        -- of the act that says otherwise
    at       TEXT NOT NULL,  -- when it was found
    PRIMARY KEY (register, key, code)
) STRICT, WITHOUT ROWID;

-- The last look at each register. ``whole``: it came to the end. ``unbound``: rows that no act binds yet.
CREATE TABLE register_look (
    register TEXT PRIMARY KEY,
    at       TEXT NOT NULL,
    rows     INTEGER NOT NULL,
    unbound  INTEGER NOT NULL,
    whole    INTEGER NOT NULL CHECK (whole IN (0, 1))
) STRICT, WITHOUT ROWID;

-- For the rows of an entry, of which only the one in force had an index.
CREATE INDEX suspension_by_key ON suspension (kind, key);
