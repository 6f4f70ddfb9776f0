-- As units/sql/arriving.sql.

-- name: begin(register, owner, at, batch)<!
INSERT INTO arriving (register, owner, at, batch) VALUES (:register, :owner, :at, :batch) RETURNING id;

-- Another node may settle one of these numbers meanwhile: its rows are waited for, and moved once. (Else what it
-- has moved and then taken out of the register would come in again.)
-- name: move_dnc(id, first, until)!
INSERT INTO do_not_call (number, scope, value, requested_at, source, created_at)
SELECT number, scope, value, requested_at, source, (SELECT at FROM arriving WHERE id = :id) FROM arriving_dnc
WHERE arrival = :id AND number BETWEEN :first AND :until ORDER BY number, scope, value FOR UPDATE OF arriving_dnc
ON CONFLICT DO NOTHING;

-- name: move_consent(id, first, until)!
INSERT INTO consent (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording,
                     withdrawn_at, created_at)
SELECT number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording,
       (SELECT max(old.withdrawn_at) FROM consent AS old
        WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
          AND old.withdrawn_at >= new.granted_at),
       (SELECT at FROM arriving WHERE id = :id)
FROM arriving_consent AS new
WHERE arrival = :id AND number BETWEEN :first AND :until
ORDER BY number, business, industry, granted_at FOR UPDATE OF new
ON CONFLICT (number, business, industry, granted_at) DO UPDATE SET expires_at = excluded.expires_at
WHERE consent.expires_at IS DISTINCT FROM excluded.expires_at;

-- name: drop_leads(batch, numbers)!
DELETE FROM lead WHERE batch = :batch
AND number = ANY (ARRAY(SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS value));
