-- What was put through for this callee on this caller's channel, the oldest first. Answered: by whichever account.
-- name: asked(number, node, uniqueid, campaign, since, until)
SELECT id, trunk, continues,
       EXISTS (SELECT 1 FROM recording WHERE recording.decision = decision.id AND answered_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM carrier_leg WHERE carrier_leg.decision = decision.id
                                              AND answered_at IS NOT NULL) AS answered
FROM decision
WHERE number = :number AND decided_at > :since AND decided_at <= :until
  AND node = :node AND uniqueid = :uniqueid AND campaign = :campaign AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY seq;
