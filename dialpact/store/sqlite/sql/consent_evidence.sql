-- The proofs that consents name; of an import that is under way too.

-- name: named()
SELECT DISTINCT evidence_sha256 AS id FROM consent WHERE evidence_sha256 <> ''
UNION SELECT evidence_sha256 FROM arriving_consent WHERE evidence_sha256 <> '';

-- name: named_of(ids)
SELECT DISTINCT evidence_sha256 AS id FROM consent WHERE evidence_sha256 IN (SELECT value FROM json_each(:ids))
UNION SELECT evidence_sha256 FROM arriving_consent WHERE evidence_sha256 IN (SELECT value FROM json_each(:ids));

-- name: last_change()^
SELECT coalesce(max(seq), 0) FROM register_change;

-- Those whose last act is that they came in, and that was before.
-- name: kept_before(register, at)
SELECT act.key AS id FROM register_change AS act
WHERE act.register = :register AND act.action = 'add' AND act.at < :at
  AND NOT EXISTS (SELECT 1 FROM register_change AS later
                  WHERE later.register = act.register AND later.key = act.key AND later.seq > act.seq);

-- name: imported_since(as_of)^
SELECT 1 FROM register_change
WHERE seq > :as_of AND register = 'consent' AND action NOT IN ('add', 'shorten', 'withdraw') LIMIT 1;

-- name: named_since(as_of, id)^
SELECT 1 FROM register_change
WHERE seq > :as_of AND register = 'consent' AND action = 'add' AND json_extract(detail, '$.evidence_sha256') = :id
LIMIT 1;
