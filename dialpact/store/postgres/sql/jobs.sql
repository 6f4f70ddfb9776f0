-- What units/sql/jobs.sql says otherwise.

-- name: list_jobs(kind, businesses, after, most)
SELECT * FROM job
WHERE kind = :kind AND seq < :after
  AND (:businesses = '[]' OR (businesses <> '[]' AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements_text(CAST(job.businesses AS jsonb)) AS own(business)
      WHERE own.business NOT IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))))
ORDER BY seq DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: states(ids)
SELECT id, state FROM job WHERE id IN (SELECT jsonb_array_elements_text(CAST(:ids AS jsonb)));

-- name: put_in()
SELECT kind, key FROM unsealed WHERE node = current_setting('dialpact.node') ORDER BY seq LIMIT 5000;

-- name: over_before(at, most)
SELECT * FROM job
WHERE state IN ('done', 'failed', 'cancelled') AND finished_at < :at AND (state = 'done' OR detail <> '{}')
ORDER BY seq LIMIT NULLIF(CAST(:most AS bigint), -1);
