-- That a business or a campaign is registered with an authority. A renewal is a row of its own; one that should not
-- have been entered, or was taken away, is deleted, and the log has both.
CREATE TABLE registration (
    holder     TEXT NOT NULL CHECK (holder IN ('business', 'campaign')),
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to   TEXT,           -- the last valid day
    number     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (holder, id, kind, valid_from)
) STRICT, WITHOUT ROWID;
