-- The recordings as a person looks for them, in the order of their calls, the newest first; those of one call by their
-- ids. Each of the first two looks at :looked calls behind a cursor and no further (as in listings.sql), so a page may be
-- shorter than was asked for; where the look ended is asked by the statement beside it. The lists are JSON, and an empty
-- one limits nothing. ``holds``, ``shown``: as in list_recordings.

-- name: by_time(businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, looked, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, call.agent, call.business, call.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM (
        SELECT decided_at, id, campaign, business FROM decision INDEXED BY decision_in_report
        WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
        ORDER BY decided_at DESC, id DESC LIMIT :looked
    ) AS near CROSS JOIN recording ON recording.decision = near.id
              CROSS JOIN decision AS call ON call.id = near.id
    WHERE (:businesses = '[]' OR near.business IN (SELECT value FROM json_each(:businesses)))
      AND (:campaigns = '[]' OR near.campaign IN (SELECT value FROM json_each(:campaigns)))
      AND (:agents = '[]' OR call.agent IN (SELECT value FROM json_each(:agents)))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (:agent = '' OR call.agent = :agent)
      AND (near.id <> :id OR recording.id > :recording)
)
WHERE (:state = '' OR shown = :state) AND (NOT :held OR holds)
LIMIT :most;

-- name: by_time_end(since, at, id, looked)^
SELECT decided_at, id FROM decision INDEXED BY decision_in_report
WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET :looked - 1;

-- name: by_number(number, businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, looked, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, near.agent, near.business, near.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM (
        SELECT decided_at, id, campaign, business, agent FROM decision INDEXED BY decision_by_number
        WHERE number = :number AND decided_at >= :since AND (decided_at, id) <= (:at, :id)
        ORDER BY decided_at DESC, id DESC LIMIT :looked
    ) AS near CROSS JOIN recording ON recording.decision = near.id
    WHERE (:businesses = '[]' OR near.business IN (SELECT value FROM json_each(:businesses)))
      AND (:campaigns = '[]' OR near.campaign IN (SELECT value FROM json_each(:campaigns)))
      AND (:agents = '[]' OR near.agent IN (SELECT value FROM json_each(:agents)))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (:agent = '' OR near.agent = :agent)
      AND (near.id <> :id OR recording.id > :recording)
)
WHERE (:state = '' OR shown = :state) AND (NOT :held OR holds)
LIMIT :most;

-- name: by_number_end(number, since, at, id, looked)^
SELECT decided_at, id FROM decision INDEXED BY decision_by_number
WHERE number = :number AND decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET :looked - 1;

-- Of these calls (a JSON list of their ids), which are few.
-- name: of_calls(decisions, number, due, businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT call.decided_at, call.agent, call.business, call.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM json_each(:decisions) AS asked CROSS JOIN decision AS call ON call.id = asked.value
                                        CROSS JOIN recording ON recording.decision = call.id
    WHERE call.decided_at >= :since AND (call.decided_at, call.id) <= (:at, :id)
      AND (:number = '' OR call.number = :number)
      AND (:due = '' OR (keep_until < :due AND ended_at IS NOT NULL AND disposed_at IS NULL))
      AND (:businesses = '[]' OR call.business IN (SELECT value FROM json_each(:businesses)))
      AND (:campaigns = '[]' OR call.campaign IN (SELECT value FROM json_each(:campaigns)))
      AND (:agents = '[]' OR call.agent IN (SELECT value FROM json_each(:agents)))
      AND (:campaign = '' OR call.campaign = :campaign)
      AND (:agent = '' OR call.agent = :agent)
      AND (call.id <> :id OR recording.id > :recording)
)
WHERE (:state = '' OR shown = :state) AND (NOT :held OR holds)
ORDER BY decided_at DESC, decision DESC, id LIMIT :most;

-- The calls of which a recording is under a hold. Holds are a person's: there are not many.
-- name: held_calls(most)
SELECT recording.decision FROM hold CROSS JOIN recording ON recording.id = hold.key
WHERE hold.released_at IS NULL AND hold.scope = 'recording'
UNION SELECT key FROM hold WHERE released_at IS NULL AND scope = 'call'
UNION SELECT decision.id FROM hold CROSS JOIN decision INDEXED BY decision_by_number ON decision.number = hold.key
WHERE hold.released_at IS NULL AND hold.scope = 'callee'
LIMIT :most;

-- The calls of which a recording may go on that day, those whose time was over first, first.
-- name: due_calls(due, most)
SELECT DISTINCT decision FROM (
    SELECT decision FROM recording INDEXED BY recording_by_keep_until
    WHERE keep_until < :due AND keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL
    ORDER BY keep_until, id LIMIT :most
) AS near;

-- The calls that a complaint is about; ``complaint``: 0 for any.
-- name: complained_calls(complaint, most)
SELECT decision FROM complaint
WHERE decision <> '' AND (:complaint = 0 OR id = :complaint)
GROUP BY decision ORDER BY max(id) DESC LIMIT :most;

-- name: call_of(recording)^
SELECT decision.id, decision.business, decision.campaign, decision.agent, decision.decided_at
FROM recording JOIN decision ON decision.id = recording.decision
WHERE recording.id = :recording;

-- name: waveforms(recording)
SELECT side, stretches, levels FROM waveform WHERE recording = :recording;

-- name: holds_on(id, decision, number)
SELECT hold.*, CASE scope
    WHEN 'recording' THEN (SELECT count(*) FROM recording WHERE id = hold.key AND disposed_at IS NULL)
    WHEN 'call' THEN (SELECT count(*) FROM recording WHERE decision = hold.key AND disposed_at IS NULL)
    ELSE (SELECT count(*) FROM decision INDEXED BY decision_by_number
                               CROSS JOIN recording ON recording.decision = decision.id
          WHERE decision.number = hold.key AND recording.number = hold.key AND recording.disposed_at IS NULL)
    END AS recordings
FROM hold
WHERE (scope, key) IN (VALUES ('recording', :id), ('call', :decision), ('callee', :number)) AND key <> ''
ORDER BY id DESC;

-- name: complaints_of(decision)
SELECT id FROM complaint WHERE decision = :decision ORDER BY id;

-- name: newest_acts(id, decision, number, most)
SELECT at, actor, action, detail FROM register_change
WHERE seq IN (
    SELECT seq FROM (SELECT seq FROM register_change WHERE register = 'recording' AND key = :id
                     ORDER BY seq DESC LIMIT :most)
    UNION SELECT seq FROM (SELECT seq FROM register_change WHERE register = 'recording' AND key = :decision
                           ORDER BY seq DESC LIMIT :most)
    UNION SELECT seq FROM (SELECT seq FROM register_change
                           WHERE register = 'recording' AND key = :number AND :number <> ''
                           ORDER BY seq DESC LIMIT :most))
ORDER BY seq DESC LIMIT :most;

-- Among the newest acts about it: a program may have made thousands.
-- name: heard(recording, by, looked, most)
SELECT seq, at, actor, action, detail FROM (
    SELECT * FROM register_change WHERE register = 'recording' AND key = :recording ORDER BY seq DESC LIMIT :looked
)
WHERE action = 'heard' AND actor = :by
ORDER BY seq DESC LIMIT :most;
