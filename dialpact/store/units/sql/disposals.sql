-- name: due_after(day, keep_until, id, most)
SELECT recording.*, (SELECT witnessed_us FROM recording_end WHERE recording = recording.id) AS witnessed_us,
       EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id) AS is_held,
       (SELECT record FROM decision WHERE decision.id = recording.decision) AS promise,
       EXISTS (SELECT 1 FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 AND NOT coalesce(json_extract(detail, '$.to') <= recording.keep_until, 0)) AS is_lowered
FROM recording
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL AND keep_until < :day
  AND (keep_until, id) > (:keep_until, :id)
ORDER BY keep_until, id LIMIT :most;

-- name: count_not_due(day)^
SELECT count(*), min(keep_until) FROM recording
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL AND keep_until >= :day;

-- name: is_held(recording)^
SELECT 1 FROM held WHERE recording = :recording;

-- name: insert_disposal(recording, at, by, keep_until)!
INSERT INTO disposal (recording, at, by, keep_until, reading)
VALUES (:recording, :at, :by, :keep_until, (SELECT max(reading) FROM witnessed));

-- name: finish_disposal(recording, done_at)!
UPDATE disposal SET done_at = :done_at WHERE recording = :recording;

-- name: dayless_after(id, most)
SELECT id FROM recording
WHERE keep_until IS NULL AND ended_at IS NOT NULL AND id > :id
  AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND key = recording.id AND salt IS NOT NULL)
ORDER BY id LIMIT :most;

-- name: unfinished()
SELECT recording.*, json_extract(said.detail, '$.sha256') AS said,
       json_extract(said.detail, '$.callee_sha256') AS said_callee, json_extract(said.detail, '$.agent_sha256') AS said_agent
FROM disposal JOIN recording ON recording.id = disposal.recording
LEFT JOIN register_change AS said ON said.seq = (
    SELECT max(seq) FROM register_change
    WHERE register = 'recording' AND key = disposal.recording AND action = 'dispose')
WHERE disposal.done_at IS NULL ORDER BY disposal.recording;

-- name: known_incident(kind, decision, detail)^
SELECT 1 FROM incident WHERE kind = :kind AND channel = '' AND decision = :decision AND detail = :detail;
