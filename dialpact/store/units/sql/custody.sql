-- Files found on disk, less those that a recording's row names: what is left, nobody knows.

-- name: drop_found!
DROP TABLE IF EXISTS temp.found;

-- name: create_found!
CREATE TEMP TABLE found (path TEXT PRIMARY KEY) WITHOUT ROWID;

-- name: insert_found*!
INSERT OR IGNORE INTO found VALUES (?);

-- name: foreign_files
SELECT path FROM found
EXCEPT SELECT path FROM recording
EXCEPT SELECT callee_path FROM recording
EXCEPT SELECT agent_path FROM recording
ORDER BY 1;

-- name: count_kept(since, until)^
SELECT count(*) FROM recording
WHERE (state = 'kept' OR (state = 'unanswered' AND sha256 IS NOT NULL)) AND disposed_at IS NULL
  AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until);

-- name: kept_after(id, since, until, most)
SELECT * FROM recording
WHERE (state = 'kept' OR (state = 'unanswered' AND sha256 IS NOT NULL)) AND disposed_at IS NULL AND id > :id
  AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until)
ORDER BY id LIMIT :most;

-- name: others_after(id, since, until, most)
SELECT * FROM recording
WHERE NOT (state = 'kept' OR (state = 'unanswered' AND sha256 IS NOT NULL)) AND ended_at IS NOT NULL
  AND disposed_at IS NULL AND id > :id
  AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until)
ORDER BY id LIMIT :most;

-- name: kept_at_random(since, until, most)
SELECT id FROM recording
WHERE (state = 'kept' OR (state = 'unanswered' AND sha256 IS NOT NULL)) AND disposed_at IS NULL
  AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until)
ORDER BY random() LIMIT :most;

-- name: recording(id)^
SELECT * FROM recording WHERE id = :id;

-- name: disposed_after(id, since, until, most)
SELECT recording.*, disposal.done_at,
       (SELECT max(seq) FROM register_change
        WHERE register = 'recording' AND key = recording.id AND action = 'dispose') AS logged
FROM recording LEFT JOIN disposal ON disposal.recording = recording.id
WHERE recording.id > :id AND (recording.disposed_at IS NOT NULL OR disposal.recording IS NOT NULL)
  AND (:since = '' OR recording.started_at >= :since) AND (:until = '' OR recording.started_at < :until)
ORDER BY recording.id LIMIT :most;
