-- ``log``: by which name; of one operator there can be several, one after the other.

-- name: last_head(operator, log)^
SELECT * FROM head WHERE operator = :operator AND log = :log ORDER BY size DESC LIMIT 1;

-- name: head_of(operator, log, size)^
SELECT * FROM head WHERE operator = :operator AND log = :log AND size = :size;

-- name: newest_heads(operator, log, most)
SELECT * FROM head WHERE operator = :operator AND log = :log ORDER BY size DESC LIMIT :most;

-- name: earlier_logs(operator, log)
SELECT log, max(size) AS size, max(last_at) AS at FROM head WHERE operator = :operator AND log <> :log
GROUP BY log ORDER BY at DESC;

-- name: insert_head(operator, log, size, root, note, line, at)!
INSERT INTO head (operator, log, size, root, note, line, first_at, last_at)
VALUES (:operator, :log, :size, :root, :note, :line, :at, :at);

-- name: seen_again(operator, log, size, at)!
UPDATE head SET last_at = max(last_at, :at) WHERE operator = :operator AND log = :log AND size = :size;

-- name: last_seen(operator)^
SELECT max(last_at) AS at FROM head WHERE operator = :operator;

-- name: insert_gap(operator, since, until)!
INSERT INTO gap (operator, since, until) VALUES (:operator, :since, :until) ON CONFLICT DO NOTHING;

-- name: gaps(operator, most)
SELECT since, until FROM gap WHERE operator = :operator ORDER BY since DESC LIMIT :most;

-- name: insert_fork(operator, log, size, one, other, root, seen_at, seen_in)!
INSERT INTO fork (operator, log, size, one, other, root, seen_at, seen_in)
VALUES (:operator, :log, :size, :one, :other, :root, :seen_at, :seen_in) ON CONFLICT DO NOTHING;

-- name: forks(operator, most)
SELECT size, one, other, seen_at, seen_in FROM fork WHERE operator = :operator ORDER BY seq LIMIT :most;

-- name: count_forks(operator)^
SELECT count(*) FROM fork WHERE operator = :operator;

-- name: strays_of(operator, log, size)
SELECT root, note FROM stray WHERE operator = :operator AND log = :log AND size = :size;

-- name: strays(operator, most)
SELECT log, size, root, note, seen_at, why FROM stray WHERE operator = :operator ORDER BY seen_at DESC, size LIMIT :most;

-- name: count_strays(operator)^
SELECT count(*) FROM stray WHERE operator = :operator;

-- name: insert_stray(operator, log, size, root, note, seen_at, why)!
INSERT INTO stray (operator, log, size, root, note, seen_at, why)
VALUES (:operator, :log, :size, :root, :note, :seen_at, :why) ON CONFLICT DO NOTHING;

-- name: explained(operator, log, size, root)!
DELETE FROM stray WHERE operator = :operator AND log = :log AND size = :size AND root = :root;
