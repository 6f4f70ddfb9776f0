-- The decisions as people look at them: what no call waits for.

-- Newest first, before the cursor ``after``. ``verdict``: as it is told, so an ALLOW that was never delivered is a BLOCK.
-- name: list_calls(number, campaign, verdict, since, until, after, most)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.verdict, decision.reasons,
       decision.number, decision.given, decision.caller_id, decision.campaign, decision.business,
       decision.agent, decision.trunk, decision.attack, decision.retry_at, decision.mode, decision.behind_us,
       decision.continues, decision.dial, undelivered.reason AS undelivered
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.seq < :after
  AND (:number = '' OR decision.number = :number OR decision.given = :number)
  AND (:campaign = '' OR decision.campaign = :campaign)
  AND (:verdict = '' OR iif(undelivered.reason IS NULL, decision.verdict, 'BLOCK') = :verdict)
  AND (:since = '' OR decision.decided_at >= :since)
  AND (:until = '' OR decision.decided_at < :until)
ORDER BY decision.seq DESC
LIMIT :most;

-- name: legs(decisions)
SELECT decision, interlock, answered_at, ended_at, dial_status, hangup_cause
FROM carrier_leg WHERE decision IN (SELECT value FROM json_each(:decisions));

-- name: parts(decisions)
SELECT decision, answered_at, ended_at
FROM recording WHERE decision IN (SELECT value FROM json_each(:decisions)) AND part = 'carrier';

-- name: get_call(id)^
SELECT decision.record, decision.behind_us, undelivered.reason AS undelivered
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.id = :id;

-- name: carrier_legs(decision)
SELECT channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at, dial_status,
       hangup_cause, sent_from, interlock, supervision
FROM carrier_leg WHERE decision = :decision ORDER BY dialled_at, id;
