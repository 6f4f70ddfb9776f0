-- Of a database of any version: whether it has a table.
-- name: has_table(name)^
SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :name;

-- name: decisions()^
SELECT (SELECT count(*) FROM decision) AS decisions, id, decided_at FROM decision ORDER BY seq DESC LIMIT 1;

-- name: recordings()^
SELECT count(*) FROM recording;

-- name: newest_note()^
SELECT note FROM checkpoint ORDER BY size DESC, at DESC LIMIT 1;

-- name: kinds_since(size)
SELECT kind, count(*) AS count FROM ledger WHERE leaf_index >= :size GROUP BY kind ORDER BY kind;

-- name: acts_since(size)
SELECT register || ' ' || action AS act, count(*) AS count, max(at) AS at FROM register_change
WHERE seq IN (SELECT CAST(key AS INTEGER) FROM ledger WHERE leaf_index >= :size AND kind = 'register-change')
GROUP BY 1 ORDER BY 1;

-- name: decided_since(size)^
SELECT max(decided_at) FROM decision
WHERE id IN (SELECT key FROM ledger WHERE leaf_index >= :size AND kind = 'decision');

-- The newest acts about the database itself: a restore, and whether somebody has acknowledged it.
-- name: acts_of_database()
SELECT at, actor, action, detail FROM register_change WHERE register = 'store' AND key = 'database'
ORDER BY seq DESC LIMIT 2;

-- name: unacknowledged()^
SELECT action = 'restore' FROM register_change WHERE register = 'store' AND key = 'database'
ORDER BY seq DESC LIMIT 1;
