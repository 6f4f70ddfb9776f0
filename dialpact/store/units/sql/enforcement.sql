-- name: insert_blocked(kind, key, at, decision)!
INSERT INTO refused (kind, key, at, decision) VALUES (:kind, :key, :at, :decision) ON CONFLICT DO NOTHING;

-- name: forget_blocked(kind, key, before)!
DELETE FROM refused WHERE kind = :kind AND key = :key AND at < :before;

-- name: last_lifted(kind, key)^
SELECT coalesce(max(lifted_at), '') FROM suspension WHERE kind = :kind AND key = :key;

-- name: last_blocked(kind, key, since, limit)
SELECT decision FROM refused WHERE kind = :kind AND key = :key AND at > :since ORDER BY at DESC LIMIT :limit;

-- Whether there were more than ``limit``; not how many, which would be looked through at every call.
-- name: more_to(number, business, since, limit)^
SELECT 1 FROM decision
WHERE number = :number AND business = :business AND dial <> '' AND continues = '' AND decided_at > :since
LIMIT 1 OFFSET :limit;

-- name: more_over(caller_id, since, limit)^
SELECT 1 FROM decision
WHERE caller_id = :caller_id AND dial <> '' AND decided_at > :since
  AND (continues = '' OR NOT EXISTS (SELECT 1 FROM decision AS first
                                     WHERE first.id = decision.continues AND first.caller_id = :caller_id))
LIMIT 1 OFFSET :limit;

-- name: alarmed(kind, channel, since)^
SELECT 1 FROM incident WHERE kind = :kind AND channel = :channel AND at > :since LIMIT 1;
