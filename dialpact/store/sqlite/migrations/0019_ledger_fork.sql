-- forked: the largest signed head that the log does not continue, in words; empty: there is none, and it may be signed.
-- remembered: a head was kept beside the key (ledger.head) since; without that file a restored backup would not show.
ALTER TABLE ledger_log ADD COLUMN forked TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_log ADD COLUMN remembered INTEGER NOT NULL DEFAULT 0 CHECK (remembered IN (0, 1));
