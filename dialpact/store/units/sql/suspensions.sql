-- What is suspended already stays as it is: the first cause is the one that an officer has to judge.
-- name: insert_suspension(kind, key, since, by, cause, evidence)!
INSERT INTO suspension (kind, key, since, by, cause, evidence)
VALUES (:kind, :key, :since, :by, :cause, :evidence)
ON CONFLICT (kind, key) WHERE lifted_at IS NULL DO NOTHING;

-- name: lift_suspension(kind, key, lifted_at, lifted_by, lift_reason)!
UPDATE suspension SET lifted_at = :lifted_at, lifted_by = :lifted_by, lift_reason = :lift_reason
WHERE kind = :kind AND key = :key AND lifted_at IS NULL;

-- name: list_suspensions(kind, key, lifted, after, most)
SELECT seq, kind, key, since, by, cause, evidence, lifted_at, lifted_by, lift_reason FROM suspension
WHERE (:kind = '' OR kind = :kind) AND (:key = '' OR key = :key) AND (CAST(:lifted AS BIGINT) = 1 OR lifted_at IS NULL)
  AND seq > :after
ORDER BY seq LIMIT :most;

-- name: last_lifted(kind, key)^
SELECT coalesce(max(lifted_at), '') FROM suspension WHERE kind = :kind AND key = :key;

-- name: has_campaign(key)^
SELECT 1 FROM campaign WHERE id = :key;

-- name: has_caller_id(key)^
SELECT 1 FROM caller_id WHERE number = :key;
