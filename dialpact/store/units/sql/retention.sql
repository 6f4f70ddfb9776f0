-- name: kept_until(id)^
SELECT keep_until, disposed_at FROM recording WHERE id = :id;

-- name: raise_keep_until(id, keep_until)!
UPDATE recording SET keep_until = :keep_until WHERE id = :id;

-- name: still_kept(id, most)
SELECT id, ended_at, (SELECT witnessed_us FROM recording_end WHERE recording = recording.id) AS witnessed_us, keep_until
FROM recording
WHERE id > :id AND keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL ORDER BY id LIMIT :most;

-- name: settled(id)^
SELECT unseen, (SELECT json_extract(detail, '$.answered') FROM register_change
                WHERE register = 'recording' AND key = recording.id AND action = 'settle'
                ORDER BY seq DESC LIMIT 1) AS answered
FROM recording WHERE id = :id;
