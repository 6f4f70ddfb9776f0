-- What was known before stays: a listener that was started anew has not seen the beginning.
-- name: write(id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at, dial_status, hangup_cause, sent_from, interlock, supervision)!
INSERT INTO carrier_leg (id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at,
                         answered_at, ended_at, dial_status, hangup_cause, sent_from, interlock, supervision)
VALUES (:id, :decision, :node, :channel, :uniqueid, :linkedid, :sip_call_id, :dialled_at, :ringing_at,
        :answered_at, :ended_at, :dial_status, :hangup_cause, :sent_from, :interlock, :supervision)
ON CONFLICT (id) DO UPDATE SET channel = excluded.channel,
    linkedid = CASE carrier_leg.linkedid WHEN '' THEN excluded.linkedid ELSE carrier_leg.linkedid END,
    sip_call_id = CASE carrier_leg.sip_call_id WHEN '' THEN excluded.sip_call_id ELSE carrier_leg.sip_call_id END,
    ringing_at = coalesce(carrier_leg.ringing_at, excluded.ringing_at),
    answered_at = coalesce(carrier_leg.answered_at, excluded.answered_at), ended_at = excluded.ended_at,
    dial_status = CASE excluded.dial_status WHEN '' THEN carrier_leg.dial_status ELSE excluded.dial_status END,
    hangup_cause = excluded.hangup_cause,
    sent_from = CASE excluded.sent_from WHEN '' THEN carrier_leg.sent_from ELSE excluded.sent_from END,
    interlock = CASE excluded.interlock WHEN '' THEN carrier_leg.interlock ELSE excluded.interlock END,
    supervision = json_patch(supervision, excluded.supervision)
WHERE carrier_leg.ended_at IS NULL;

-- name: end_unseen(id, ended_at)!
UPDATE carrier_leg SET ended_at = CASE WHEN dialled_at > :ended_at THEN dialled_at ELSE :ended_at END
WHERE id = :id AND ended_at IS NULL;

-- name: allowed(id)^
SELECT decision.id, decision.node, decision.decided_at, decision.dial, decision.number, decision.caller_id,
       decision.campaign, decision.trunk, decision.verdict, decision.mode, undelivered.reason AS undelivered,
       CASE decision.record WHEN '' THEN NULL
           ELSE json_extract(decision.record, '$.facts.caller_id.sent_as') END AS sent_as,
       (SELECT count(*) FROM recording WHERE recording.decision = decision.id) AS legs
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.id = :id;

-- name: let_out(node, dial, caller, call, since, until)
SELECT decision.id, decision.node, decision.decided_at, decision.dial, decision.number, decision.caller_id,
       decision.campaign, decision.trunk, decision.verdict, decision.mode, undelivered.reason AS undelivered,
       CASE decision.record WHEN '' THEN NULL
           ELSE json_extract(decision.record, '$.facts.caller_id.sent_as') END AS sent_as,
       (SELECT count(*) FROM recording WHERE recording.decision = decision.id) AS legs
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.decided_at > :since AND decision.decided_at <= :until
  AND decision.node = :node AND decision.dial = :dial AND decision.uniqueid IN (:caller, :call)
ORDER BY decision.seq DESC;

-- name: let_out_by_program(node, dial, channels, since, until)
SELECT decision.id, decision.node, decision.decided_at, decision.dial, decision.number, decision.caller_id,
       decision.campaign, decision.trunk, decision.verdict, decision.mode, undelivered.reason AS undelivered,
       CASE decision.record WHEN '' THEN NULL
           ELSE json_extract(decision.record, '$.facts.caller_id.sent_as') END AS sent_as,
       (SELECT count(*) FROM recording WHERE recording.decision = decision.id) AS legs
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decision.decided_at > :since AND decision.decided_at <= :until
  AND decision.node = :node AND decision.dial = :dial AND decision.channel GLOB :channels
ORDER BY decision.seq DESC;

-- name: missed(node, since, until, kind, together)
SELECT decision.id, decision.channel FROM decision
-- Times have no index of their own, and a gap is short: the newest are enough.
WHERE decision.seq > (SELECT max(seq) FROM decision) - 100000
  AND decision.node = :node AND decision.decided_at >= :since AND decision.decided_at < :until
  AND (decision.verdict = 'ALLOW' OR decision.mode = 'shadow') AND decision.dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
  AND NOT EXISTS (SELECT 1 FROM recording WHERE recording.decision = decision.id)
  AND NOT EXISTS (SELECT 1 FROM carrier_leg WHERE carrier_leg.decision = decision.id)
  AND NOT EXISTS (SELECT 1 FROM incident WHERE incident.decision = decision.id AND incident.kind = :kind)
  AND NOT EXISTS (SELECT 1 FROM incident WHERE incident.kind = :together AND incident.channel = ''
                  AND incident.at >= :since AND instr(incident.detail, decision.id))
ORDER BY decision.seq;
