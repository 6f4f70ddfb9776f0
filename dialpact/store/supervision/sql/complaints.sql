-- name: insert_complaint(reference, number, called_at, since, before, received_at, due, note)!
INSERT INTO complaint (reference, number, called_at, since, before, received_at, due, note)
VALUES (:reference, :number, :called_at, :since, :before, :received_at, :due, :note);

-- name: complaint(id)^
SELECT * FROM complaint WHERE id = :id;

-- name: complaint_by_reference(reference)^
SELECT * FROM complaint WHERE reference = :reference;

-- Open ones first, the most pressing of them first; then the closed ones, the newest first.
-- name: complaints(most)
SELECT * FROM complaint
ORDER BY closed_at IS NOT NULL, iif(closed_at IS NULL, coalesce(due, '9999'), ''), id DESC LIMIT :most;

-- name: close_complaint(id, at, conclusion)!
UPDATE complaint SET closed_at = :at, conclusion = :conclusion WHERE id = :id AND closed_at IS NULL;

-- name: erase_complaint(id)!
UPDATE complaint SET number = '', note = '' WHERE id = :id AND closed_at IS NOT NULL;

-- name: packages_of(id)
SELECT DISTINCT package FROM (SELECT complaint, package FROM question UNION ALL SELECT complaint, package FROM shown)
WHERE complaint = :id AND package <> '';

-- name: packages_but(id)
SELECT DISTINCT package FROM (SELECT complaint AS about, package FROM question UNION ALL SELECT complaint, package FROM shown)
JOIN complaint ON complaint.id = about WHERE about <> :id AND number <> '' AND package <> '';

-- name: insert_question(id, complaint, operator, asked_at, note)!
INSERT INTO question (id, complaint, operator, asked_at, note, outcome)
VALUES (:id, :complaint, :operator, :asked_at, :note, 'waiting');

-- name: failed(id, why)!
UPDATE question SET outcome = 'failed', why = :why WHERE id = :id AND outcome = 'waiting';

-- name: answered(id, said, answer, at, around)!
UPDATE question SET outcome = 'answered', said = :said, answer = :answer, answered_at = :at, around = :around
WHERE id = :id AND outcome = 'waiting';

-- name: packaged(id, package, state, why, found, calls)!
UPDATE question SET package = :package, package_state = :state, why = :why, found = :found, calls = :calls
WHERE id = :id;

-- name: questions(complaint)
SELECT * FROM question WHERE complaint = :complaint ORDER BY seq;

-- name: insert_shown(complaint, operator, at, package, calls, source)!
INSERT INTO shown (complaint, operator, at, package, calls, source)
VALUES (:complaint, :operator, :at, :package, :calls, :source) ON CONFLICT DO NOTHING;

-- name: shown(complaint)
SELECT operator, at, package, calls, source FROM shown WHERE complaint = :complaint ORDER BY seq;
