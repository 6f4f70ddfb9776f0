-- ``due``: to be kept until a day before it. ``held``: 1 for those under a hold only. ``shown``: the state that people
-- are told. Whose end nobody saw is ``unseen`` until an act has settled it (``settled``: 1 answered, 0 not; the newest
-- counts), whatever its row says: that is final. A recording that is missing stays ``failed``.
-- name: list_recordings(id, number, decision, state, since, until, due, held, after_start, after_id, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT recording.*, (SELECT count(*) FROM held WHERE held.recording = recording.id) AS holds,
           CASE WHEN unseen = 1 THEN (
               SELECT CAST(CAST(CAST(detail AS json) ->> 'answered' AS boolean) AS integer) FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording
    WHERE (:id = '' OR id = :id) AND (:number = '' OR number = :number) AND (:decision = '' OR decision = :decision)
      AND (:since = '' OR started_at >= :since) AND (:until = '' OR started_at < :until)
      AND (:due = '' OR (keep_until < :due AND ended_at IS NOT NULL AND disposed_at IS NULL))
      AND (:after_start = '' OR started_at < :after_start OR (started_at = :after_start AND id > :after_id))
      AND (CAST(:held AS bigint) = 0 OR EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id))
) AS told
WHERE :state = '' OR CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
                          WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END = :state
ORDER BY started_at DESC, id
LIMIT NULLIF(CAST(:most AS bigint), -1);
