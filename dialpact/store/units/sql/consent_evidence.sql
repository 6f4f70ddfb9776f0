-- The proofs that consents name. Who looks for them looks first at what arrives, which is then moved into the register, and
-- then at the register part by part: so no row is missed, and no snapshot is a long one.

-- name: named_arriving()
SELECT DISTINCT evidence_sha256 AS id FROM arriving_consent WHERE evidence_sha256 <> '';

-- A part of the register ends with a number, so that all of a person's rows come together.
-- name: part_until(after, most)^
SELECT max(number) FROM (SELECT number FROM consent WHERE number > :after ORDER BY number LIMIT :most) AS part;

-- name: named_in_part(after, until)
SELECT DISTINCT evidence_sha256 AS id FROM consent
WHERE number > :after AND number <= :until AND evidence_sha256 <> '';

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
