-- As units/sql/reconcile.sql, over all nodes.

-- name: decisions(after, after_seq, until, most)
SELECT decision.seq, decision.id, decision.node, decision.decided_at, decision.reasons, decision.number,
       decision.dial, decision.caller_id, decision.campaign, decision.trunk, decision.mode, decision.channel,
       decision.uniqueid, undelivered.reason AS undelivered,
       EXISTS (SELECT 1 FROM decision AS later
               WHERE later.continues = CASE decision.continues WHEN '' THEN decision.id ELSE decision.continues END
                 AND later.continues <> '' AND later.dial <> ''
                 AND CASE later.node WHEN decision.node THEN later.seq > decision.seq
                     ELSE later.decided_at > decision.decided_at END) AS went_on
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE (decision.decided_at, decision.seq) > (:after, :after_seq) AND decision.decided_at < :until
ORDER BY decision.decided_at, decision.seq LIMIT :most;

-- name: recordings(decision)
SELECT id, CASE WHEN NOT settled THEN 'unanswered' ELSE state END AS state, channel, uniqueid,
       started_at, answered_at, ended_at,
       seconds + (SELECT coalesce(sum(CAST(stretch ->> 2 AS double precision)), 0)
                  FROM json_array_elements(CAST(nullif(sound, '') AS json) -> 'unsent') AS stretch) AS seconds,
       unseen = 1 AND settled IS NULL AS open
FROM (SELECT *, CASE WHEN unseen = 1 THEN (
          SELECT CAST(CAST(detail AS json) ->> 'answered' AS boolean) FROM register_change
          WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
      ) END AS settled FROM recording WHERE decision = :decision AND part = 'carrier') AS kept
ORDER BY started_at, id;

-- name: seen_legs(node, after, after_seq, until, most, kinds)
SELECT seq, at, kind, decision, channel, detail FROM incident
WHERE (at, seq) > (:after, :after_seq) AND at < :until AND node = :node
  AND kind IN (SELECT jsonb_array_elements_text(CAST(:kinds AS jsonb)))
ORDER BY at, seq LIMIT :most;
