-- name: decisions(since, before, most)
SELECT decision.id, decision.number, decision.dial <> '' AND undelivered.decision IS NULL AS put_through,
       ledger.salt IS NULL AS erased
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
     LEFT JOIN ledger ON ledger.kind = 'decision' AND ledger.key = decision.id
WHERE decision.decided_at >= :since AND decision.decided_at < :before
ORDER BY decision.decided_at LIMIT :most;

-- name: lost(since, before)^
SELECT 1 FROM register_change AS resumed
WHERE resumed.register = 'ledger' AND resumed.action = 'resume' AND resumed.at > :since
  AND coalesce((SELECT max(checkpoint.at) FROM checkpoint WHERE checkpoint.at < resumed.at), '') < :before LIMIT 1;

-- name: acts_since(at)^
SELECT count(*) FROM register_change
WHERE register = 'supervision' AND action IN ('question', 'package') AND at >= :at;

-- name: last_act()^
SELECT seq FROM register_change ORDER BY seq DESC LIMIT 1;

-- name: last_rotation()^
SELECT seq FROM register_change WHERE register = 'ledger' AND action IN ('rotate', 'resume') ORDER BY seq DESC LIMIT 1;
