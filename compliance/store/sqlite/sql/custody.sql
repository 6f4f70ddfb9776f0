-- Files found on disk, less those that a recording's row names: what is left, nobody knows.

-- name: drop_found!
DROP TABLE IF EXISTS temp.found;

-- name: create_found!
CREATE TEMP TABLE found (path TEXT PRIMARY KEY) WITHOUT ROWID;

-- name: insert_found*!
INSERT OR IGNORE INTO found VALUES (?);

-- name: foreign_files
SELECT path FROM found
EXCEPT SELECT path FROM recording
EXCEPT SELECT callee_path FROM recording
EXCEPT SELECT agent_path FROM recording
ORDER BY 1;
