-- What comes into a register in slices; who may do what, and when, says arriving.py. :owner is its process.

-- name: begin(register, owner, at, batch)<!
INSERT INTO arriving (register, owner, at, batch) VALUES (:register, :owner, :at, :batch);

-- name: is_ours(id, owner)^
SELECT 1 FROM arriving WHERE id = :id AND owner = :owner AND counts = 0;

-- name: counting(register)^
SELECT id FROM arriving WHERE register = :register AND counts = 1;

-- name: count_now(id, at)!
UPDATE arriving SET counts = 1, at = :at WHERE id = :id;

-- name: give_up(id)!
UPDATE arriving SET owner = '' WHERE id = :id AND counts = 0;

-- name: batch(id)^
SELECT batch FROM arriving WHERE id = :id;

-- name: arrivals()
SELECT id, register, counts, owner, batch FROM arriving ORDER BY id;

-- name: over(id)!
DELETE FROM arriving WHERE id = :id;

-- A slice ends with a number, so that all of a person's rows come together.

-- name: staged_until_dnc(after, most)^
SELECT max(number) FROM (SELECT number FROM new_dnc WHERE number > :after ORDER BY number LIMIT :most) AS slice;

-- name: fill_dnc(id, after, until)!
INSERT INTO arriving_dnc (arrival, number, scope, value, requested_at, source)
SELECT :id, number, scope, value, requested_at, source FROM new_dnc
WHERE number > :after AND number <= :until ORDER BY number, scope, value;

-- name: arrived_until_dnc(id, most)^
SELECT max(number) FROM (SELECT number FROM arriving_dnc WHERE arrival = :id ORDER BY number LIMIT :most) AS slice;

-- name: move_dnc(id, first, until)!
INSERT OR IGNORE INTO do_not_call (number, scope, value, requested_at, source, created_at)
SELECT number, scope, value, requested_at, source, (SELECT at FROM arriving WHERE id = :id) FROM arriving_dnc
WHERE arrival = :id AND number BETWEEN :first AND :until ORDER BY number, scope, value;

-- name: drop_dnc(id, first, until)!
DELETE FROM arriving_dnc WHERE arrival = :id AND number BETWEEN :first AND :until;

-- name: staged_until_consent(after, most)^
SELECT max(number) FROM (SELECT number FROM staged_consent WHERE number > :after ORDER BY number LIMIT :most) AS slice;

-- name: fill_consent(id, after, until)!
INSERT INTO arriving_consent (arrival, number, business, industry, granted_at, expires_at, evidence, evidence_sha256,
                              wording)
SELECT :id, number, business, industry, granted_at, nullif(expires_at, ''), evidence, evidence_sha256, wording
FROM staged_consent
WHERE number > :after AND number <= :until ORDER BY number, business, industry, granted_at;

-- name: arrived_until_consent(id, most)^
SELECT max(number) FROM (SELECT number FROM arriving_consent WHERE arrival = :id ORDER BY number LIMIT :most) AS slice;

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
ORDER BY number, business, industry, granted_at
ON CONFLICT (number, business, industry, granted_at) DO UPDATE SET expires_at = excluded.expires_at
WHERE consent.expires_at IS NOT excluded.expires_at;

-- name: drop_consent(id, first, until)!
DELETE FROM arriving_consent WHERE arrival = :id AND number BETWEEN :first AND :until;

-- Leads need no place of their own: they count with their batch, and one whose time of withdrawal is empty is not
-- all in.

-- name: staged_until_leads(after, most)^
SELECT max(number) FROM (SELECT number FROM staged_leads WHERE number > :after ORDER BY number LIMIT :most) AS slice;

-- name: fill_leads(id, after, until)!
INSERT INTO lead (number, batch)
SELECT number, (SELECT batch FROM arriving WHERE id = :id) FROM staged_leads
WHERE number > :after AND number <= :until ORDER BY number;

-- name: some_leads(batch, after, most)
SELECT number FROM lead WHERE batch = :batch AND number > :after ORDER BY number LIMIT :most;

-- name: drop_leads(batch, numbers)!
DELETE FROM lead WHERE batch = :batch AND number IN (SELECT value FROM json_each(:numbers));

-- name: drop_batch(batch)!
DELETE FROM batch WHERE id = :batch AND withdrawn_at = '';
