-- A page begins behind the last row of the one before; the first one with the period and no row (-1).
-- name: decisions(after, after_seq, until, most)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.reasons, decision.number,
       decision.dial, decision.caller_id, decision.campaign, decision.trunk, decision.mode, decision.channel,
       decision.uniqueid, undelivered.reason AS undelivered,
       EXISTS (SELECT 1 FROM decision AS later
               WHERE later.continues = iif(decision.continues = '', decision.id, decision.continues)
                 AND later.continues <> '' AND later.seq > decision.seq AND later.dial <> '') AS went_on
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE (decision.decided_at, decision.seq) > (:after, :after_seq) AND decision.decided_at < :until
ORDER BY decision.decided_at, decision.seq LIMIT :most;

-- ``seconds``: of the call, with those that the file leaves out since nobody sent. Recordings of the same call on
-- other channels say nothing that its carrier leg's do not.
-- name: recordings(decision)
SELECT id, iif(settled = 0, 'unanswered', state) AS state, channel, uniqueid, started_at, answered_at, ended_at,
       seconds + (SELECT total(json_extract(value, '$[2]')) FROM json_each(nullif(sound, ''), '$.unsent')) AS seconds,
       unseen AND settled IS NULL AS open
FROM (SELECT *, CASE WHEN unseen THEN (
          SELECT json_extract(detail, '$.answered') FROM register_change
          WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
      ) END AS settled FROM recording WHERE decision = :decision AND part = 'carrier')
ORDER BY started_at, id;

-- name: unbridged(decision)
SELECT channel, uniqueid, answered_at, ended_at FROM carrier_leg
WHERE decision = :decision AND interlock = 'refused' AND answered_at IS NOT NULL ORDER BY dialled_at, id;

-- name: seen_legs(node, after, after_seq, until, most, kinds)
SELECT seq, at, kind, decision, channel, detail FROM incident
WHERE (at, seq) > (:after, :after_seq) AND at < :until AND node = :node
  AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY at, seq LIMIT :most;

-- name: voices(node, after, after_id, until, most)
SELECT id, channel, state, started_at, ended_at FROM recording
WHERE part = 'supervisor' AND node = :node AND (started_at, id) > (:after, :after_id) AND started_at < :until
ORDER BY started_at, id LIMIT :most;

-- name: own_numbers()
SELECT number FROM caller_id ORDER BY number;

-- What the listener saw itself, or an earlier reconciliation.
-- name: is_known(kind, node, decision, channel, at)^
SELECT 1 FROM incident
WHERE kind = :kind AND channel = :channel AND at = :at AND node = :node AND decision = :decision;

-- name: was_seen(kind, node, channel, since, until)^
SELECT 1 FROM incident
WHERE kind = :kind AND channel = :channel AND at >= :since AND at < :until AND node = :node LIMIT 1;

-- name: shown(after_decided_at, after_seq, until, most)
SELECT decided_at, seq, caller_id,
       dial <> '' AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id) AS through
FROM decision
WHERE (decided_at, seq) > (:after_decided_at, :after_seq) AND decided_at < :until
ORDER BY decided_at, seq LIMIT :most;
