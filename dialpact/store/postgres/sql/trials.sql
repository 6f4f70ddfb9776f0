-- What was said of one, with its business and, nearly always nothing, what of any register is not what the log says.
-- name: confirmed(id)^
SELECT act.at, act.actor, act.detail, business.id, business.name, business.actor,
       (SELECT CAST(json_agg(json_build_array(register, key)) AS text) FROM register_difference WHERE register > '')
FROM register_change AS act JOIN business ON business.id = CAST(act.detail AS json) ->> 'business'
WHERE act.register = 'trial' AND act.key = :id AND act.action = 'confirm'
ORDER BY act.seq LIMIT 1;

-- name: since(at)
SELECT CAST(detail AS json) ->> 'number' AS number FROM register_change
WHERE register = 'trial' AND action = 'confirm' AND at > :at;
