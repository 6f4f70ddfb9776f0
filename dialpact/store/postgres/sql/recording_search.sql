-- The recordings as a person looks for them, of all nodes: as in units/sql/recording_search.sql.

-- name: by_time(businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, looked, most)
SELECT * FROM (
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, call.agent, call.business, call.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen = 1 THEN (
               SELECT CASE CAST(detail AS json) ->> 'answered' WHEN 'true' THEN 1
                 WHEN 'false' THEN 0 END FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM (
        SELECT decided_at, id, campaign, business FROM decision
        WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
        ORDER BY decided_at DESC, id DESC LIMIT :looked
    ) AS near JOIN recording ON recording.decision = near.id
              JOIN decision AS call ON call.id = near.id
    WHERE (:businesses = '[]' OR near.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
      AND (:campaigns = '[]' OR near.campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
      AND (:agents = '[]' OR call.agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (:agent = '' OR call.agent = :agent)
      AND (near.id <> :id OR recording.id > :recording)
) AS one
) AS found
WHERE (:state = '' OR shown = :state) AND (CAST(:held AS bigint) = 0 OR holds > 0)
ORDER BY decided_at DESC, decision DESC, id LIMIT :most;

-- name: by_time_end(since, at, id, looked)^
SELECT decided_at, id FROM decision
WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: by_number(number, businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, looked, most)
SELECT * FROM (
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, near.agent, near.business, near.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen = 1 THEN (
               SELECT CASE CAST(detail AS json) ->> 'answered' WHEN 'true' THEN 1
                 WHEN 'false' THEN 0 END FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM (
        SELECT decided_at, id, campaign, business, agent FROM decision
        WHERE number = :number AND decided_at >= :since AND (decided_at, id) <= (:at, :id)
        ORDER BY decided_at DESC, id DESC LIMIT :looked
    ) AS near JOIN recording ON recording.decision = near.id
    WHERE (:businesses = '[]' OR near.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
      AND (:campaigns = '[]' OR near.campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
      AND (:agents = '[]' OR near.agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (:agent = '' OR near.agent = :agent)
      AND (near.id <> :id OR recording.id > :recording)
) AS one
) AS found
WHERE (:state = '' OR shown = :state) AND (CAST(:held AS bigint) = 0 OR holds > 0)
ORDER BY decided_at DESC, decision DESC, id LIMIT :most;

-- name: by_number_end(number, since, at, id, looked)^
SELECT decided_at, id FROM decision
WHERE number = :number AND decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: of_calls(decisions, number, due, businesses, campaigns, agents, campaign, agent, state, held, since, at, id, recording, most)
SELECT * FROM (
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT call.decided_at, call.agent, call.business, call.campaign AS of_campaign, recording.*,
           (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen = 1 THEN (
               SELECT CASE CAST(detail AS json) ->> 'answered' WHEN 'true' THEN 1
                 WHEN 'false' THEN 0 END FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM jsonb_array_elements_text(CAST(:decisions AS jsonb)) AS asked(value)
      JOIN decision AS call ON call.id = asked.value
                                        JOIN recording ON recording.decision = call.id
    WHERE call.decided_at >= :since AND (call.decided_at, call.id) <= (:at, :id)
      AND (:number = '' OR call.number = :number)
      AND (:due = '' OR (keep_until < :due AND ended_at IS NOT NULL AND disposed_at IS NULL))
      AND (:businesses = '[]' OR call.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
      AND (:campaigns = '[]' OR call.campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
      AND (:agents = '[]' OR call.agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
      AND (:campaign = '' OR call.campaign = :campaign)
      AND (:agent = '' OR call.agent = :agent)
      AND (call.id <> :id OR recording.id > :recording)
) AS one
) AS found
WHERE (:state = '' OR shown = :state) AND (CAST(:held AS bigint) = 0 OR holds > 0)
ORDER BY decided_at DESC, decision DESC, id LIMIT :most;

-- name: held_calls(most)
SELECT recording.decision FROM hold JOIN recording ON recording.id = hold.key
WHERE hold.released_at IS NULL AND hold.scope = 'recording'
UNION SELECT key FROM hold WHERE released_at IS NULL AND scope = 'call'
UNION SELECT decision.id FROM hold JOIN decision ON decision.number = hold.key
WHERE hold.released_at IS NULL AND hold.scope = 'callee'
LIMIT :most;

-- name: due_calls(due, most)
SELECT DISTINCT decision FROM (
    SELECT decision FROM recording
    WHERE keep_until < :due AND keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL
    ORDER BY keep_until, id LIMIT :most
) AS near;

-- name: complained_calls(complaint, most)
SELECT decision FROM complaint
WHERE decision <> '' AND (CAST(:complaint AS bigint) = 0 OR id = :complaint)
GROUP BY decision ORDER BY max(id) DESC LIMIT :most;

-- name: holds_on(id, decision, number)
SELECT hold.*, CASE scope
    WHEN 'recording' THEN (SELECT count(*) FROM recording WHERE id = hold.key AND disposed_at IS NULL)
    WHEN 'call' THEN (SELECT count(*) FROM recording WHERE decision = hold.key AND disposed_at IS NULL)
    ELSE (SELECT count(*) FROM decision
                               JOIN recording ON recording.decision = decision.id
          WHERE decision.number = hold.key AND recording.number = hold.key AND recording.disposed_at IS NULL)
    END AS recordings
FROM hold
WHERE (scope, key) IN (VALUES ('recording', :id), ('call', :decision), ('callee', :number)) AND key <> ''
ORDER BY id DESC;

-- name: newest_acts(id, decision, number, most)
SELECT at, actor, action, detail FROM register_change
WHERE seq IN (
    SELECT seq FROM (SELECT seq FROM register_change WHERE register = 'recording' AND key = :id
                     ORDER BY seq DESC LIMIT :most) AS newest
    UNION SELECT seq FROM (SELECT seq FROM register_change WHERE register = 'recording' AND key = :decision
                           ORDER BY seq DESC LIMIT :most) AS newest
    UNION SELECT seq FROM (SELECT seq FROM register_change
                           WHERE register = 'recording' AND key = :number AND :number <> ''
                           ORDER BY seq DESC LIMIT :most) AS newest)
ORDER BY seq DESC LIMIT :most;

-- name: heard(recording, by, looked, most)
SELECT seq, at, actor, action, detail FROM (
    SELECT * FROM register_change WHERE register = 'recording' AND key = :recording ORDER BY seq DESC LIMIT :looked
) AS found
WHERE action = 'heard' AND actor = :by
ORDER BY seq DESC LIMIT :most;
