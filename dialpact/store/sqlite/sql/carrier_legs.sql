-- What was known before stays: a listener that was started anew has not seen the beginning.
-- name: write(id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at, dial_status, hangup_cause, sent_from, interlock, supervision)!
INSERT INTO carrier_leg (id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at,
                         answered_at, ended_at, dial_status, hangup_cause, sent_from, interlock, supervision)
VALUES (:id, :decision, :node, :channel, :uniqueid, :linkedid, :sip_call_id, :dialled_at, :ringing_at,
        :answered_at, :ended_at, :dial_status, :hangup_cause, :sent_from, :interlock, :supervision)
ON CONFLICT (id) DO UPDATE SET channel = excluded.channel,
    linkedid = iif(linkedid = '', excluded.linkedid, linkedid),
    sip_call_id = iif(sip_call_id = '', excluded.sip_call_id, sip_call_id),
    ringing_at = coalesce(ringing_at, excluded.ringing_at),
    answered_at = coalesce(answered_at, excluded.answered_at), ended_at = excluded.ended_at,
    dial_status = iif(excluded.dial_status = '', dial_status, excluded.dial_status),
    hangup_cause = excluded.hangup_cause,
    sent_from = iif(excluded.sent_from = '', sent_from, excluded.sent_from),
    interlock = iif(excluded.interlock = '', interlock, excluded.interlock),
    supervision = json_patch(supervision, excluded.supervision)
WHERE carrier_leg.ended_at IS NULL;

-- name: end_unseen(id, ended_at)!
UPDATE carrier_leg SET ended_at = max(:ended_at, dialled_at) WHERE id = :id AND ended_at IS NULL;
