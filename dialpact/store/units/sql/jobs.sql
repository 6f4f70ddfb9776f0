-- name: insert_job(id, kind, state, by, key, businesses, detail, bytes, created_at)!
INSERT INTO job (id, kind, state, by, key, businesses, detail, bytes, created_at, starts, rows, error, error_detail)
VALUES (:id, :kind, :state, :by, :key, :businesses, :detail, :bytes, :created_at, 0, 0, '', '{}');

-- name: job(id)^
SELECT * FROM job WHERE id = :id;

-- Newest first, before the cursor ``after``; about nobody but ``businesses`` (JSON), where there are any.
-- name: list_jobs(kind, businesses, after, most)
SELECT * FROM job
WHERE kind = :kind AND seq < :after
  AND (:businesses = '[]' OR (businesses <> '[]' AND NOT EXISTS (
      SELECT 1 FROM json_each(job.businesses) AS own
      WHERE own.value NOT IN (SELECT value FROM json_each(:businesses)))))
ORDER BY seq DESC LIMIT :most;

-- name: count_waiting(key)^
SELECT count(*) FROM job WHERE key = :key AND state IN ('queued', 'running');

-- name: waiting()
SELECT state, count(*) AS many, min(created_at) AS oldest FROM job WHERE state IN ('queued', 'running') GROUP BY state;

-- name: states(ids)
SELECT id, state FROM job WHERE id IN (SELECT value FROM json_each(:ids));

-- name: oldest_queued()^
SELECT id FROM job WHERE state = 'queued' ORDER BY seq LIMIT 1;

-- name: begin_job(id, at)!
UPDATE job SET state = 'running', started_at = :at, starts = starts + 1, rows = 0, of = NULL
WHERE id = :id AND state = 'queued';

-- name: progress(id, rows, of)!
UPDATE job SET rows = :rows, of = :of WHERE id = :id AND state = 'running';

-- name: finish(id, result, at)!
UPDATE job SET state = 'done', finished_at = :at, result = :result, rows = coalesce(of, rows)
WHERE id = :id AND state = 'running';

-- name: fail(id, error, error_detail, at)!
UPDATE job SET state = 'failed', finished_at = :at, error = :error, error_detail = :error_detail
WHERE id = :id AND state = 'running';

-- Not one that has done what it was asked to, and is only to say so.
-- name: cancel(id, at)!
UPDATE job SET state = 'cancelled', finished_at = :at WHERE id = :id AND state IN ('queued', 'running') AND result IS NULL;

-- What this transaction has put in and has no leaf yet.
-- name: put_in()
SELECT kind, key FROM unsealed ORDER BY seq LIMIT 5000;

-- name: note_acts(id, result)!
UPDATE job SET result = :result WHERE id = :id;

-- name: put_back(id, starts)!
UPDATE job SET state = 'queued', starts = starts - :starts WHERE id = :id AND state = 'running';

-- name: running()
SELECT * FROM job WHERE state = 'running' ORDER BY seq;

-- name: over_before(at, most)
SELECT * FROM job
WHERE state IN ('done', 'failed', 'cancelled') AND finished_at < :at AND (state = 'done' OR detail <> '{}')
ORDER BY seq LIMIT :most;

-- name: expire(id)!
UPDATE job SET state = CASE state WHEN 'done' THEN 'expired' ELSE state END, detail = '{}'
WHERE id = :id AND state IN ('done', 'failed', 'cancelled');
