-- As units/sql/custody.sql.

-- name: drop_found!
DROP TABLE IF EXISTS pg_temp.found;

-- name: create_found!
CREATE TEMP TABLE found (path text PRIMARY KEY);

-- name: insert_found*!
INSERT INTO found VALUES ($1) ON CONFLICT DO NOTHING;
