-- name: legs(decisions)
SELECT decision, interlock, answered_at, ended_at, dial_status, hangup_cause
FROM carrier_leg WHERE decision IN (SELECT jsonb_array_elements_text(CAST(:decisions AS jsonb)));

-- name: parts(decisions)
SELECT decision, answered_at, ended_at
FROM recording WHERE decision IN (SELECT jsonb_array_elements_text(CAST(:decisions AS jsonb))) AND part = 'carrier';

-- Newest first.
-- name: calls_of_ids(ids)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.verdict, decision.reasons,
       decision.number, decision.given, decision.caller_id, decision.campaign, decision.business,
       decision.agent, decision.trunk, decision.attack, decision.retry_at, decision.mode, decision.behind_us,
       decision.continues, decision.dial, undelivered.reason AS undelivered
FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) AS wanted (id) JOIN decision ON decision.id = wanted.id
     LEFT JOIN undelivered ON undelivered.decision = decision.id
ORDER BY decision.seq DESC;

-- What was put through to a callee at about a time, whatever caller ID was shown: the nearest first.
-- name: ids_about(number, since, until, about, most)
SELECT decision.id FROM decision
WHERE number = :number AND decided_at BETWEEN :since AND :until AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY abs(instant_us(decided_at) - instant_us(:about)), seq LIMIT NULLIF(CAST(:most AS bigint), -1);
