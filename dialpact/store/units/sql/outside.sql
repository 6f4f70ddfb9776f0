-- name: incidents_after(seq, most)
SELECT max(seq) AS last, kind, count(*) AS count
FROM (SELECT seq, kind FROM incident WHERE seq > :seq ORDER BY seq LIMIT :most) AS these GROUP BY kind;

-- name: running(node)^
SELECT count(*) FROM recording WHERE state IN ('starting', 'running') AND node = :node;

-- name: overdue(day, most)^
SELECT count(*) FROM (
    SELECT 1 FROM recording
    WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL AND keep_until < :day LIMIT :most
) AS these;

-- name: waiting(most)^
SELECT count(*) FROM (SELECT 1 FROM unsealed LIMIT :most) AS these;
