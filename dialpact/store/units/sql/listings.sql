-- The calls, their recordings and the incidents, the newest first, as a program pages through them: each statement
-- looks at :looked entries of an index, or of the newest rows, behind a cursor, and no further. What it finds there may be
-- less than was asked for; where the look ended is asked by the statement beside it. :businesses,
-- :campaigns and :agents are JSON lists, and :all, :any_campaign, :any_agent are 1 where nobody is left out. An agent is no
-- part of the index: it is looked up of what is left of the others.

-- decision_in_report has every column that is looked at here.
-- name: calls(all, businesses, any_campaign, campaigns, any_agent, agents, campaign, verdict, since, at, id, looked, most)
SELECT decided_at, id FROM (
    SELECT decided_at, id, verdict, campaign, business FROM decision INDEXED BY decision_in_report
    WHERE decided_at >= :since AND (decided_at, id) < (:at, :id)
    ORDER BY decided_at DESC, id DESC LIMIT :looked
) AS near
WHERE (:all OR business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR (SELECT agent FROM decision WHERE id = near.id) IN (SELECT value FROM json_each(:agents)))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:verdict = '' OR :verdict = iif(EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = near.id),
                                       'BLOCK', verdict))
LIMIT :most;

-- name: calls_end(since, at, id, looked)^
SELECT decided_at, id FROM decision INDEXED BY decision_in_report
WHERE decided_at >= :since AND (decided_at, id) < (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET :looked - 1;

-- Of one callee; or, with an empty number, of what was dialled and is none.
-- name: calls_to(number, given, all, businesses, any_campaign, campaigns, any_agent, agents, campaign, verdict, since, at, id, looked, most)
SELECT decided_at, id FROM (
    SELECT decided_at, id, verdict, campaign, business, given FROM decision INDEXED BY decision_by_number
    WHERE number = :number AND decided_at >= :since AND (decided_at, id) < (:at, :id)
    ORDER BY decided_at DESC, id DESC LIMIT :looked
) AS near
WHERE (:number <> '' OR given IN (SELECT value FROM json_each(:given)))
  AND (:all OR business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR (SELECT agent FROM decision WHERE id = near.id) IN (SELECT value FROM json_each(:agents)))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:verdict = '' OR :verdict = iif(EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = near.id),
                                       'BLOCK', verdict))
LIMIT :most;

-- name: calls_to_end(number, since, at, id, looked)^
SELECT decided_at, id FROM decision INDEXED BY decision_by_number
WHERE number = :number AND decided_at >= :since AND (decided_at, id) < (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET :looked - 1;

-- By their calls. Of the call at the cursor, those behind :recording. ``holds``, ``shown``: as
-- in list_recordings.
-- name: recordings(all, businesses, any_campaign, campaigns, any_agent, agents, campaign, state, since, at, id, recording, looked, most)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, recording.*,
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
    WHERE (:all OR near.business IN (SELECT value FROM json_each(:businesses)))
      AND (:any_campaign OR near.campaign IN (SELECT value FROM json_each(:campaigns)))
      AND (:any_agent OR (SELECT agent FROM decision WHERE id = near.id) IN (SELECT value FROM json_each(:agents)))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (near.id <> :id OR recording.id > :recording)
)
WHERE :state = '' OR shown = :state
LIMIT :most;

-- name: recordings_end(since, at, id, looked)^
SELECT decided_at, id FROM decision INDEXED BY decision_in_report
WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET :looked - 1;

-- name: recordings_of(decision, recording)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT recording.*, (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording WHERE decision = :decision AND (:recording = '' OR id = :recording)
)
ORDER BY started_at, id;

-- Of what has no business (the host's), and of a decision that is none, only whoever may see :all.
-- name: incidents(all, businesses, any_campaign, campaigns, any_agent, agents, kind, since, until, after, looked, most)
SELECT near.*, coalesce(decision.business, '') AS business, coalesce(decision.number, '') AS number,
       coalesce(decision.given, '') AS given
FROM (SELECT * FROM incident WHERE seq < :after ORDER BY seq DESC LIMIT :looked) AS near
     LEFT JOIN decision ON near.decision <> '' AND decision.id = near.decision
WHERE (:all OR decision.business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR decision.campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR decision.agent IN (SELECT value FROM json_each(:agents)))
  AND (:kind = '' OR kind = :kind) AND at >= :since AND at < :until
LIMIT :most;

-- name: incidents_end(after, looked)^
SELECT seq FROM incident WHERE seq < :after ORDER BY seq DESC LIMIT 1 OFFSET :looked - 1;

-- name: call(id)^
SELECT decision.business, decision.record FROM decision WHERE id = :id;

-- name: call_of_recording(id)^
SELECT decision.id, decision.business FROM recording JOIN decision ON decision.id = recording.decision
WHERE recording.id = :id;

-- Which of these numbers are, or were, in the register of caller IDs.
-- name: ours(numbers)
SELECT value AS number FROM json_each(:numbers) AS asked
WHERE EXISTS (SELECT 1 FROM caller_id WHERE number = asked.value)
   OR EXISTS (SELECT 1 FROM register_change WHERE register = 'caller-id' AND key = asked.value);

-- name: erased(ids)
SELECT ledger.key AS id FROM json_each(:ids) AS asked CROSS JOIN ledger
WHERE ledger.kind = 'decision' AND ledger.key = asked.value AND ledger.salt IS NULL;
