-- name: history(register, keys)
SELECT at, actor, action, detail FROM register_change
WHERE register = :register AND key IN (SELECT jsonb_array_elements_text(CAST(:keys AS jsonb))) ORDER BY seq;

-- name: made(seqs)
SELECT seq, at, actor AS by, register, action, key, detail FROM register_change
WHERE seq IN (SELECT CAST(jsonb_array_elements_text(CAST(:seqs AS jsonb)) AS bigint)) ORDER BY seq;

-- name: insert_dnc(number, scope, value, requested_at, source, created_at)!
INSERT INTO do_not_call (number, scope, value, requested_at, source, created_at)
VALUES (:number, :scope, :value, :requested_at, :source, :created_at)
ON CONFLICT DO NOTHING;
