-- The registers of people, which imports fill, in the order of their keys; first the act that a row says it is of.

-- name: rows_dnc(first, most)
SELECT created_at, number, scope, value, requested_at, source FROM do_not_call
WHERE number >= :first ORDER BY number, scope, value LIMIT :most;

-- name: rows_consent(first, most)
SELECT created_at, withdrawn_at, number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording
FROM consent WHERE number >= :first ORDER BY number, business, industry, granted_at LIMIT :most;

-- name: rows_lead(first, most)
SELECT batch, number FROM lead WHERE number >= :first ORDER BY number, batch LIMIT :most;

-- name: counting(register)^
SELECT id, at FROM arriving WHERE register = :register AND counts = 1;

-- What counts and is yet to be moved.
-- name: arrived_dnc(id, at, first, most)
SELECT :at, number, scope, value, requested_at, source FROM arriving_dnc
WHERE arrival = :id AND number >= :first ORDER BY number, scope, value LIMIT :most;

-- One that is there can only have been shortened, and is withdrawn if it was.
-- name: arrived_consent(id, at, first, most)
SELECT coalesce(old.created_at, :at),
       CASE WHEN old.number IS NULL
            THEN (SELECT max(other.withdrawn_at) FROM consent AS other
                  WHERE other.number = new.number AND other.business = new.business
                    AND other.industry = new.industry AND other.withdrawn_at >= new.granted_at)
            ELSE old.withdrawn_at END,
       new.number, new.business, new.industry, new.granted_at, new.expires_at, new.evidence, new.evidence_sha256,
       new.wording
FROM arriving_consent AS new LEFT JOIN consent AS old
  ON old.number = new.number AND old.business = new.business AND old.industry = new.industry
 AND old.granted_at = new.granted_at
WHERE new.arrival = :id AND new.number >= :first
ORDER BY new.number, new.business, new.industry, new.granted_at LIMIT :most;

-- Numbers of one length, which sort as their texts do.
-- name: persons_acts(register, low, high, length, most)
SELECT CAST(substr(key, 2) AS INTEGER), seq, at, action, detail FROM register_change
WHERE register = :register AND key BETWEEN :low AND :high AND length(key) = :length
  AND action IN ('add', 'remove', 'shorten', 'withdraw')
ORDER BY key, seq LIMIT :most;

-- What imports say of single rows: opt-outs that were registered one by one meanwhile, consents that were shortened.

-- name: drop_said()!
DROP TABLE IF EXISTS temp.said;

-- name: create_said()!
CREATE TEMP TABLE said (
    number INTEGER, seq INTEGER, place INTEGER, at TEXT, action TEXT, detail TEXT,
    PRIMARY KEY (number, seq, place)
) WITHOUT ROWID;

-- name: fill_said(register)!
INSERT OR IGNORE INTO said
SELECT CAST(json_extract(one.value, '$.number') AS INTEGER), seq, one.key, at, 'met', one.value
FROM register_change, json_each(CASE WHEN json_valid(detail) THEN detail ELSE '{}' END, '$.met') AS one
WHERE register = :register AND action = 'import' AND one.type = 'object'
UNION ALL
SELECT CAST(json_extract(one.value, '$.number') AS INTEGER), seq, one.key, at, 'replaced', one.value
FROM register_change, json_each(CASE WHEN json_valid(detail) THEN detail ELSE '{}' END, '$.replaced') AS one
WHERE register = :register AND action = 'import' AND one.type = 'object'
ORDER BY 1, 2, 3;

-- name: persons_said(first, last)
SELECT number, seq, at, action, detail FROM said WHERE number BETWEEN :first AND :last ORDER BY number, seq, place;

-- name: imports(register, after)
SELECT seq, at, key, CASE WHEN json_valid(detail) THEN json_extract(detail, '$.digest') END FROM register_change
WHERE register = :register AND action = 'import' AND seq > :after ORDER BY seq;

-- name: digests_since()^
SELECT min(seq) FROM register_change
WHERE (register IN ('dnc', 'consent', 'leads') AND action = 'import' AND json_valid(detail)
       AND json_type(detail, '$.digest') = 'object')
   OR (register = 'ledger' AND action = 'bind');

-- name: bound(register)
SELECT seq, detail FROM register_change
WHERE register = 'ledger' AND action = 'bind' AND key = :register ORDER BY seq;

-- name: last_act()^
SELECT ifnull(max(seq), 0) FROM register_change;

-- name: acts(register, after, most)
SELECT seq, CAST(substr(key, 2) AS INTEGER) FROM register_change
WHERE register = :register AND seq > :after AND key GLOB '+*'
  AND action IN ('add', 'remove', 'shorten', 'withdraw')
ORDER BY seq LIMIT :most;

-- Batches of leads that are not all in: nothing of them is dialled.
-- name: coming()
SELECT id FROM batch WHERE withdrawn_at = '';
