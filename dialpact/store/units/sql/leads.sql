-- name: has_campaign(id)^
SELECT scrub_leads FROM campaign WHERE id = :id;

-- name: same_file(campaign, sha256)^
SELECT id FROM batch WHERE campaign = :campaign AND sha256 = :sha256 AND withdrawn_at IS NULL;

-- Of numbers that are not all in; see arriving.sql.
-- name: insert_batch(campaign, partner, contract, basis, file, sha256, imported_at, imported_by, finding, held)<!
INSERT INTO batch (campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, finding, held,
                   withdrawn_at)
VALUES (:campaign, :partner, :contract, :basis, :file, :sha256, :imported_at, :imported_by, 0, :finding, :held, '');

-- name: all_in(id, rows, held)!
UPDATE batch SET rows = :rows, held = :held, withdrawn_at = NULL WHERE id = :id AND withdrawn_at = '';

-- name: list_batches(id, campaign, number, after, most)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, finding, held,
       withdrawn_at
FROM batch
WHERE (CAST(:id AS BIGINT) = 0 OR id = :id) AND (:campaign = '' OR campaign = :campaign)
  AND (CAST(:number AS BIGINT) = 0 OR id IN (SELECT batch FROM lead WHERE number = :number))
  AND (withdrawn_at IS NULL OR withdrawn_at <> '')  -- all in
  AND id < :after
ORDER BY id DESC LIMIT :most;

-- In the order of the table itself, so that all of its pages together read it once.
-- name: numbers_of_batch(batch, after, most)
SELECT number FROM lead WHERE number > :after AND batch = :batch ORDER BY number LIMIT :most;

-- name: hold_batch(id, held)!
UPDATE batch SET held = :held WHERE id = :id;

-- name: withdraw_batch(id, withdrawn_at)!
UPDATE batch SET withdrawn_at = :withdrawn_at WHERE id = :id;
