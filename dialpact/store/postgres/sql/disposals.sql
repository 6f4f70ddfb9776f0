-- As units/sql/disposals.sql.

-- name: due_after(day, keep_until, id, most)
SELECT recording.*, (SELECT witnessed_us FROM recording_end WHERE recording = recording.id) AS witnessed_us,
       EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id) AS is_held,
       (SELECT record FROM decision WHERE decision.id = recording.decision) AS promise,
       EXISTS (SELECT 1 FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 AND NOT coalesce(CAST(detail AS json) ->> 'to' <= recording.keep_until, false)) AS is_lowered
FROM recording
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL AND keep_until < :day
  AND (keep_until, id) > (:keep_until, :id)
ORDER BY keep_until, id LIMIT :most;

-- name: insert_disposal(recording, at, by, keep_until)!
INSERT INTO disposal (recording, at, by, keep_until, reading)
VALUES (:recording, :at, :by, :keep_until,
        (SELECT max(reading) FROM witnessed WHERE node = current_setting('dialpact.node')));

-- name: unfinished()
SELECT recording.*, CAST(said.detail AS json) ->> 'sha256' AS said,
       CAST(said.detail AS json) ->> 'callee_sha256' AS said_callee,
       CAST(said.detail AS json) ->> 'agent_sha256' AS said_agent
FROM disposal JOIN recording ON recording.id = disposal.recording
LEFT JOIN register_change AS said ON said.seq = (
    SELECT max(seq) FROM register_change
    WHERE register = 'recording' AND key = disposal.recording AND action = 'dispose')
WHERE disposal.done_at IS NULL ORDER BY disposal.recording;
