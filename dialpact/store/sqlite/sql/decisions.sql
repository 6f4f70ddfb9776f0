-- name: last()^
SELECT seq, decided_at, behind_us FROM decision WHERE seq = (SELECT max(seq) FROM decision);

-- name: is_recorded(id)^
SELECT 1 FROM decision WHERE id = :id;

-- name: insert_decision(seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign, business, agent, trunk, channel, uniqueid, attack, retry_at, mode, behind_us, continues, record)!
INSERT INTO decision (seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign,
                      business, agent, trunk, channel, uniqueid, attack, retry_at, mode, behind_us, continues, record)
VALUES (:seq, :id, :node, :decided_at, :verdict, :reasons, :number, :given, :dial, :caller_id, :campaign,
        :business, :agent, :trunk, :channel, :uniqueid, :attack, :retry_at, :mode, :behind_us, :continues, :record);

-- name: insert_undelivered(decision, at, reason)!
INSERT OR IGNORE INTO undelivered (decision, at, reason)
SELECT :decision, :at, :reason WHERE EXISTS (SELECT 1 FROM decision WHERE id = :decision);

-- ``verdict``: as it is told, so an ALLOW that was never delivered is a BLOCK.
-- name: list_calls(number, campaign, verdict, since, until, most)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.verdict, decision.reasons,
       decision.number, decision.given, decision.caller_id, decision.campaign, decision.business,
       decision.agent, decision.trunk, decision.attack, decision.retry_at, decision.mode, decision.behind_us,
       decision.continues, decision.dial, undelivered.reason AS undelivered
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE (:number = '' OR decision.number = :number OR decision.given = :number)
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

-- name: behind(id)^
SELECT behind_us FROM decision WHERE id = :id;

-- name: get_call(id)^
SELECT decision.seq, decision.record, undelivered.reason AS undelivered, undelivered.at AS undelivered_at
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.id = :id;
