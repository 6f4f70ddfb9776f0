-- name: insert_hold(scope, key, since, by, reason)<!
INSERT INTO hold (scope, key, since, by, reason) VALUES (:scope, :key, :since, :by, :reason);

-- name: release_hold(id, released_at, released_by, release_reason)!
UPDATE hold SET released_at = :released_at, released_by = :released_by, release_reason = :release_reason
WHERE id = :id AND released_at IS NULL;

-- name: list_holds(id, recording, released, after, most)
SELECT hold.*, CASE hold.scope
    WHEN 'recording' THEN (SELECT count(*) FROM recording WHERE id = hold.key AND disposed_at IS NULL)
    WHEN 'call' THEN (SELECT count(*) FROM recording WHERE decision = hold.key AND disposed_at IS NULL)
    ELSE (SELECT count(*) FROM decision INDEXED BY decision_by_number
                               CROSS JOIN recording ON recording.decision = decision.id
          WHERE decision.number = hold.key AND recording.number = hold.key AND recording.disposed_at IS NULL)
    END AS recordings
FROM hold
WHERE hold.id > :after AND (:id = 0 OR hold.id = :id) AND (:released OR hold.released_at IS NULL)
  AND (:recording = '' OR EXISTS (
      SELECT 1 FROM recording
      WHERE recording.id = :recording
        AND CASE hold.scope WHEN 'recording' THEN recording.id = hold.key WHEN 'call' THEN decision = hold.key
            ELSE number = hold.key END))
ORDER BY hold.id LIMIT :most;

-- name: hold_target(scope, key)^
SELECT CASE :scope
       WHEN 'recording' THEN (SELECT CASE WHEN disposed_at IS NULL THEN 'there' ELSE 'disposed' END
                              FROM recording WHERE id = :key)
       WHEN 'call' THEN (SELECT 'there' FROM decision WHERE id = :key)
       ELSE 'there' END;
