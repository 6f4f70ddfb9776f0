-- Of many numbers at once; those that facts.sql asks for one at a time. ``numbers``: a JSON list. (With IN and a
-- list, SQLite looks each up in both parts of a view; joined with the list, it would read the view whole.)

-- name: begun()^
SELECT count(*) FROM ledger_log;

-- name: opt_outs(numbers)
SELECT number, scope, value, requested_at, source FROM dnc_now
WHERE number IN (SELECT value FROM json_each(:numbers));

-- name: consents(numbers, business)
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
FROM consent_now
WHERE number IN (SELECT value FROM json_each(:numbers)) AND business = :business;

-- name: leads(numbers)
SELECT number, batch FROM lead WHERE number IN (SELECT value FROM json_each(:numbers)) ORDER BY number, batch;

-- Those in force.
-- name: batches(campaign)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, rows, held
FROM batch WHERE campaign = :campaign AND withdrawn_at IS NULL;

-- The newest attempts at each callee, as nth_at_callee counts them.
-- name: newest_at_callees(numbers, business, most)
SELECT number, decided_at FROM (
    SELECT number, decided_at, row_number() OVER (PARTITION BY number ORDER BY decided_at DESC) AS place
    FROM decision
    WHERE number IN (SELECT value FROM json_each(:numbers)) AND business = :business AND dial <> '' AND continues = ''
      AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
) WHERE place <= :most
ORDER BY number, place;

-- Whom the campaign dialled lately, as neighbours has them.
-- name: dialled(campaign, since)
SELECT DISTINCT number FROM decision WHERE campaign = :campaign AND decided_at > :since AND number <> '';

-- In the order of the table itself.
-- name: numbers_of_batch(batch)
SELECT number FROM lead WHERE batch = :batch ORDER BY number;
