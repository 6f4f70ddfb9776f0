-- Of numbers that are not all in; see arriving.sql.
-- name: insert_batch(campaign, partner, contract, basis, file, sha256, imported_at, imported_by, finding, held)<!
INSERT INTO batch (campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, finding, held,
                   withdrawn_at)
VALUES (:campaign, :partner, :contract, :basis, :file, :sha256, :imported_at, :imported_by, 0, :finding, :held, '')
RETURNING id;
