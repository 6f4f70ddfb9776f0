-- As units/sql/lists.sql. An array is looked up in each part of a view by its index.

-- name: begun()^
SELECT count(*) FROM ledger_log WHERE node = current_setting('dialpact.node');

-- name: opt_outs(numbers)
SELECT number, scope, value, requested_at, source FROM dnc_now
WHERE number = ANY (ARRAY(SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS value));

-- name: consents(numbers, business)
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
FROM consent_now
WHERE number = ANY (ARRAY(SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS value))
  AND business = :business;

-- name: leads(numbers)
SELECT number, batch FROM lead
WHERE number = ANY (ARRAY(SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS value))
ORDER BY number, batch;

-- name: newest_at_callees(numbers, business, most)
SELECT number, decided_at FROM (
    SELECT number, decided_at, row_number() OVER (PARTITION BY number ORDER BY decided_at DESC) AS place
    FROM decision
    WHERE number = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(:numbers AS jsonb))))
      AND business = :business AND dial <> '' AND continues = ''
      AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
) AS placed WHERE place <= :most
ORDER BY number, place;
