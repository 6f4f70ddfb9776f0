-- Trial calls (compliance.trial). The act is the entry: no row stands beside the log that could say something else.

-- What was said of one, with its business and, nearly always nothing, what of any register is not what the log says.
-- name: confirmed(id)^
SELECT act.at, act.actor, act.detail, business.id, business.name, business.actor,
       CASE WHEN EXISTS (SELECT 1 FROM register_difference WHERE register > '')
            THEN (SELECT json_group_array(json_array(register, key)) FROM register_difference WHERE register > '')
            END
FROM register_change AS act JOIN business ON business.id = json_extract(act.detail, '$.business')
WHERE act.register = 'trial' AND act.key = :id AND act.action = 'confirm'
ORDER BY act.seq LIMIT 1;

-- The decision that was put through: one is all that a trial is good for.
-- name: used(campaign)^
SELECT id FROM decision
WHERE campaign = :campaign AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY seq LIMIT 1;

-- name: since(at)
SELECT json_extract(detail, '$.number') AS number FROM register_change
WHERE register = 'trial' AND action = 'confirm' AND at > :at;
