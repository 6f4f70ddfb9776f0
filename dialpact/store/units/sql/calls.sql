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
  AND (:verdict = '' OR CASE WHEN undelivered.reason IS NULL THEN decision.verdict ELSE 'BLOCK' END = :verdict)
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

-- The newest of each kind that goes by a text: of a callee, of a text that is no number, of a caller ID, and those whose
-- id begins so (hex digits are before g).
-- name: ids_to(number, most)
SELECT id FROM decision WHERE number = :number ORDER BY decided_at DESC LIMIT :most;

-- name: ids_given(given, most)
SELECT id FROM decision WHERE number = '' AND given = :given ORDER BY decided_at DESC LIMIT :most;

-- name: ids_by(caller_id, most)
SELECT id FROM decision WHERE caller_id = :caller_id ORDER BY decided_at DESC LIMIT :most;

-- name: ids_beginning(start, most)
SELECT id FROM decision WHERE id >= :start AND id < :start || 'g' ORDER BY id LIMIT :most;

-- Newest first.
-- name: calls_of_ids(ids)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.verdict, decision.reasons,
       decision.number, decision.given, decision.caller_id, decision.campaign, decision.business,
       decision.agent, decision.trunk, decision.attack, decision.retry_at, decision.mode, decision.behind_us,
       decision.continues, decision.dial, undelivered.reason AS undelivered
FROM json_each(:ids) AS wanted JOIN decision ON decision.id = wanted.value
     LEFT JOIN undelivered ON undelivered.decision = decision.id
ORDER BY decision.seq DESC;

-- What was put through to a callee at about a time, whatever caller ID was shown: the nearest first.
-- name: ids_about(number, since, until, about, most)
SELECT decision.id FROM decision
WHERE number = :number AND decided_at BETWEEN :since AND :until AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY abs(julianday(decided_at) - julianday(:about)), seq LIMIT :most;
