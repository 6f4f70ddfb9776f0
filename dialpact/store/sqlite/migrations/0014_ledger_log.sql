-- Whose log it is. A file holds the log of one node, number 1; an engine that several nodes share keeps one for each
-- and has the number in every key: (log, leaf_index), (log, level, number), (log, size, at).
CREATE TABLE ledger_log (
    log  INTEGER PRIMARY KEY CHECK (log = 1),
    node TEXT NOT NULL  -- as its newest checkpoint names it; empty: nothing has told yet
) STRICT;
INSERT INTO ledger_log (log, node) VALUES (1, coalesce(
    (SELECT substr(note, 10, instr(note, char(10)) - 10) FROM checkpoint WHERE note GLOB 'dialpact/*'
     ORDER BY size DESC, at DESC LIMIT 1),
    (SELECT node FROM decision ORDER BY seq DESC LIMIT 1), ''));
CREATE TRIGGER ledger_log_stays BEFORE DELETE ON ledger_log
BEGIN SELECT RAISE(ABORT, 'a log is never deleted'); END;

-- A row of these is of that log and can be of no other: SQLite lets nobody write a generated column. It takes no byte,
-- no row is copied, and no statement here has to say a number that is always 1. A stored column would need a CHECK or
-- triggers for the same. In the primary keys it would need each table copied: a minute under the write lock and three
-- quarters of the file more, at ten million leaves. Not NOT NULL, as SQLite would then read every row; it is a constant.
-- From 3.44 on it reads them even so, and would refuse for ever a file in which somebody has spoilt a leaf: that comes
-- along, for the audit to find.
PRAGMA ignore_check_constraints = ON;
ALTER TABLE ledger ADD COLUMN log INTEGER AS (1);
ALTER TABLE ledger_node ADD COLUMN log INTEGER AS (1);
ALTER TABLE checkpoint ADD COLUMN log INTEGER AS (1);
PRAGMA ignore_check_constraints = OFF;
