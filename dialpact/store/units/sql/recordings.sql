-- name: renew_lease(node, boot_id, expires_ns, ready, why, renewed_at)!
INSERT INTO recorder_lease (node, boot_id, expires_ns, ready, why, renewed_at)
VALUES (:node, :boot_id, :expires_ns, :ready, :why, :renewed_at)
ON CONFLICT (node) DO UPDATE SET boot_id = excluded.boot_id, expires_ns = excluded.expires_ns,
    ready = excluded.ready, why = excluded.why, renewed_at = excluded.renewed_at;

-- Of no decision that was taken back: that may have happened after its leg was judged.
-- name: insert_recording(id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at, answered_at, format, path, callee_path, agent_path, part)!
INSERT INTO recording (id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at,
                       answered_at, format, path, callee_path, agent_path, part)
SELECT :id, :decision, :node, :channel, :uniqueid, :state, :number, :caller_id, :campaign, :started_at,
       :answered_at, :format, :path, :callee_path, :agent_path, :part
WHERE NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = :decision);

-- A recording that has ended is never touched: what comes late is about what is over.
-- name: set_running(id, started_at, answered_at)!
UPDATE recording SET state = 'running', started_at = :started_at, answered_at = coalesce(answered_at, :answered_at)
WHERE id = :id AND ended_at IS NULL;

-- name: set_answered(uniqueid, node, answered_at)!
UPDATE recording SET answered_at = :answered_at
WHERE node = :node AND uniqueid = :uniqueid AND answered_at IS NULL AND ended_at IS NULL;

-- name: finish_recording(id, state, ended_at, bytes, seconds, talk_seconds, sha256, callee_sha256, callee_dbfs, agent_sha256, agent_dbfs, keep_until, sound, unseen)!
UPDATE recording SET state = :state, ended_at = :ended_at, bytes = :bytes, seconds = :seconds,
    talk_seconds = :talk_seconds, sha256 = :sha256, callee_sha256 = :callee_sha256, callee_dbfs = :callee_dbfs,
    agent_sha256 = :agent_sha256, agent_dbfs = :agent_dbfs, keep_until = :keep_until,
    sound = :sound, unseen = :unseen
WHERE id = :id AND ended_at IS NULL;

-- name: open_recordings(node)
SELECT * FROM recording WHERE node = :node AND state IN ('starting', 'running');

-- ``due``: to be kept until a day before it. ``held``: 1 for those under a hold only. ``shown``: the state that people
-- are told. Whose end nobody saw is ``unseen`` until an act has settled it (``settled``: 1 answered, 0 not; the newest
-- counts), whatever its row says: that is final. A recording that is missing stays ``failed``.
-- name: list_recordings(id, number, decision, state, since, until, due, held, after_start, after_id, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT recording.*, (SELECT count(*) FROM held WHERE held.recording = recording.id) AS holds,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording
    WHERE (:id = '' OR id = :id) AND (:number = '' OR number = :number) AND (:decision = '' OR decision = :decision)
      AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until)
      AND (:due = '' OR (keep_until < :due AND ended_at IS NOT NULL AND disposed_at IS NULL))
      AND (:after_start = '' OR started_at < :after_start OR (started_at = :after_start AND id > :after_id))
      AND (NOT :held OR EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id))
)
WHERE :state = '' OR shown = :state
ORDER BY started_at DESC, id
LIMIT :most;

-- name: last_renewal(node)^
SELECT renewed_at FROM recorder_lease WHERE node = :node;

-- name: ids_beginning(start, most)
SELECT id FROM recording WHERE id >= :start AND id < :start || 'g' ORDER BY id LIMIT :most;

-- name: insert_waveform(recording, side, stretches, levels)!
INSERT INTO waveform (recording, side, stretches, levels) VALUES (:recording, :side, :stretches, :levels);
