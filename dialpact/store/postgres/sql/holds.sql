-- As units/sql/holds.sql.

-- name: insert_hold(scope, key, since, by, reason)<!
INSERT INTO hold (scope, key, since, by, reason) VALUES (:scope, :key, :since, :by, :reason) RETURNING id;

-- name: list_holds(id, recording, released, after, most)
SELECT hold.*, CASE hold.scope
    WHEN 'recording' THEN (SELECT count(*) FROM recording WHERE id = hold.key AND disposed_at IS NULL)
    WHEN 'call' THEN (SELECT count(*) FROM recording WHERE decision = hold.key AND disposed_at IS NULL)
    ELSE (SELECT count(*) FROM decision JOIN recording ON recording.decision = decision.id
          WHERE decision.number = hold.key AND recording.number = hold.key AND recording.disposed_at IS NULL)
    END AS recordings
FROM hold
WHERE hold.id > :after AND (CAST(:id AS bigint) = 0 OR hold.id = CAST(:id AS bigint))
  AND (CAST(:released AS bigint) = 1 OR hold.released_at IS NULL)
  AND (CAST(:recording AS text) = '' OR EXISTS (
      SELECT 1 FROM recording
      WHERE recording.id = CAST(:recording AS text)
        AND CASE hold.scope WHEN 'recording' THEN recording.id = hold.key WHEN 'call' THEN decision = hold.key
            ELSE number = hold.key END))
ORDER BY hold.id LIMIT NULLIF(CAST(:most AS bigint), -1);
