-- What a program pages through, of all nodes: as in units/sql/listings.sql. The order is said outside as well: a join
-- keeps none.

-- name: calls(all, businesses, any_campaign, campaigns, any_agent, agents, campaign, verdict, since, at, id, looked, most)
SELECT decided_at, id FROM (
    SELECT decided_at, id, verdict, campaign, business FROM decision
    WHERE decided_at >= :since AND (decided_at, id) < (:at, :id)
    ORDER BY decided_at DESC, id DESC LIMIT :looked
) AS near
WHERE (CAST(:all AS bigint) = 1 OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR (SELECT agent FROM decision WHERE id = near.id)
    IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:verdict = '' OR :verdict = CASE WHEN EXISTS (SELECT 1 FROM undelivered
    WHERE undelivered.decision = near.id) THEN 'BLOCK' ELSE verdict END)
ORDER BY decided_at DESC, id DESC LIMIT :most;

-- name: calls_end(since, at, id, looked)^
SELECT decided_at, id FROM decision
WHERE decided_at >= :since AND (decided_at, id) < (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: calls_to(number, given, all, businesses, any_campaign, campaigns, any_agent, agents, campaign, verdict, since, at, id, looked, most)
SELECT decided_at, id FROM (
    SELECT decided_at, id, verdict, campaign, business, given FROM decision
    WHERE number = :number AND decided_at >= :since AND (decided_at, id) < (:at, :id)
    ORDER BY decided_at DESC, id DESC LIMIT :looked
) AS near
WHERE (:number <> '' OR given IN (SELECT jsonb_array_elements_text(CAST(:given AS jsonb))))
  AND (CAST(:all AS bigint) = 1 OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR (SELECT agent FROM decision WHERE id = near.id)
    IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:verdict = '' OR :verdict = CASE WHEN EXISTS (SELECT 1 FROM undelivered
    WHERE undelivered.decision = near.id) THEN 'BLOCK' ELSE verdict END)
ORDER BY decided_at DESC, id DESC LIMIT :most;

-- name: calls_to_end(number, since, at, id, looked)^
SELECT decided_at, id FROM decision
WHERE number = :number AND decided_at >= :since AND (decided_at, id) < (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: recordings(all, businesses, any_campaign, campaigns, any_agent, agents, campaign, state, since, at, id, recording, looked, most)
SELECT * FROM (
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT near.decided_at, recording.*,
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
    WHERE (CAST(:all AS bigint) = 1 OR near.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
      AND (CAST(:any_campaign AS bigint) = 1 OR near.campaign
        IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
      AND (CAST(:any_agent AS bigint) = 1 OR (SELECT agent FROM decision WHERE id = near.id)
        IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
      AND (:campaign = '' OR near.campaign = :campaign)
      AND (near.id <> :id OR recording.id > :recording)
) AS one
) AS found
WHERE :state = '' OR shown = :state
ORDER BY decided_at DESC, decision DESC, id LIMIT :most;

-- name: recordings_end(since, at, id, looked)^
SELECT decided_at, id FROM decision
WHERE decided_at >= :since AND (decided_at, id) <= (:at, :id)
ORDER BY decided_at DESC, id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: recordings_of(decision, recording)
SELECT *, CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
               WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS shown
FROM (
    SELECT recording.*, (SELECT count(*)
      FROM hold WHERE released_at IS NULL AND scope = 'recording' AND key = recording.id)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'call' AND key = recording.decision)
           + (SELECT count(*) FROM hold WHERE released_at IS NULL AND scope = 'callee' AND key = recording.number)
           AS holds,
           CASE WHEN unseen = 1 THEN (
               SELECT CASE CAST(detail AS json) ->> 'answered' WHEN 'true' THEN 1
                 WHEN 'false' THEN 0 END FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording WHERE decision = :decision AND (:recording = '' OR id = :recording)
) AS found
ORDER BY started_at, id;

-- name: incidents(all, businesses, any_campaign, campaigns, any_agent, agents, kind, since, until, after, looked, most)
SELECT near.*, coalesce(decision.business, '') AS business, coalesce(decision.number, '') AS number,
       coalesce(decision.given, '') AS given
FROM (SELECT * FROM incident WHERE seq < :after ORDER BY seq DESC LIMIT :looked) AS near
     LEFT JOIN decision ON near.decision <> '' AND decision.id = near.decision
WHERE (CAST(:all AS bigint) = 1 OR decision.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR decision.campaign
    IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR decision.agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (:kind = '' OR kind = :kind) AND at >= :since AND at < :until
ORDER BY near.seq DESC LIMIT :most;

-- name: incidents_end(after, looked)^
SELECT seq FROM incident WHERE seq < :after ORDER BY seq DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: ours(numbers)
SELECT value AS number FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS asked(value)
WHERE EXISTS (SELECT 1 FROM caller_id WHERE number = asked.value)
   OR EXISTS (SELECT 1 FROM register_change WHERE register = 'caller-id' AND key = asked.value);

-- name: erased(ids)
SELECT ledger.key AS id FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) AS asked(value) CROSS JOIN ledger
WHERE ledger.kind = 'decision' AND ledger.key = asked.value AND ledger.salt IS NULL;
