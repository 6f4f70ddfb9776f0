-- name: insert_report(operator, month, sha256, bytes, leaf, made_at, received_at, headings, envelope)!
INSERT INTO report (operator, month, sha256, bytes, leaf, made_at, received_at, headings, envelope)
VALUES (:operator, :month, :sha256, :bytes, :leaf, :made_at, :received_at, :headings, :envelope);

-- name: is_received(operator, month, sha256)^
SELECT 1 FROM report WHERE operator = :operator AND month = :month AND sha256 = :sha256;

-- name: count_versions(operator, month)^
SELECT count(*) FROM report WHERE operator = :operator AND month = :month;

-- name: reports(operator)
SELECT operator, month, sha256, bytes, leaf, made_at, received_at, headings FROM report
WHERE :operator = '' OR operator = :operator ORDER BY month DESC, seq DESC;

-- name: envelope(operator, sha256)^
SELECT envelope FROM report WHERE operator = :operator AND sha256 = :sha256;

-- name: insert_refusal(operator, at, what, code)!
INSERT INTO refusal (operator, at, what, code) VALUES (:operator, :at, :what, :code);

-- name: forget_refusals(operator, most)!
DELETE FROM refusal WHERE operator = :operator
AND seq <= (SELECT seq FROM refusal WHERE operator = :operator ORDER BY seq DESC LIMIT 1 OFFSET :most);

-- name: refusals(operator, most)
SELECT operator, at, what, code FROM refusal WHERE operator = :operator ORDER BY seq DESC LIMIT :most;
