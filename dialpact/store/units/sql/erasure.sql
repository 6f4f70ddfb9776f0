-- name: last_seq()^
SELECT coalesce(max(seq), 0) FROM decision;

-- name: not_erased(after, until, most)
SELECT decision.seq, decision.id, decision.decided_at, decision.behind_us, decision.record,
       ledger.leaf_index
FROM decision JOIN ledger ON ledger.kind = 'decision' AND ledger.key = decision.id
WHERE decision.seq > :after AND decision.seq <= :until AND ledger.salt IS NOT NULL
ORDER BY decision.seq LIMIT :most;

-- name: recordings_of(decision)
SELECT recording.id, recording.keep_until, ledger.leaf_index,
       recording.ended_at IS NULL OR (recording.keep_until IS NOT NULL AND recording.disposed_at IS NULL) AS is_there
FROM recording LEFT JOIN ledger ON ledger.kind = 'recording' AND ledger.key = recording.id AND ledger.salt IS NOT NULL
WHERE recording.decision = :decision;

-- name: legs_of(decision)
SELECT carrier_leg.id, ledger.leaf_index FROM carrier_leg
JOIN ledger ON ledger.kind = 'carrier-leg' AND ledger.key = carrier_leg.id AND ledger.salt IS NOT NULL
WHERE carrier_leg.decision = :decision;

-- name: open_complaints(decision)^
SELECT count(*) FROM complaint WHERE decision = :decision AND status = 'open';

-- name: under_hold(decision)^
SELECT 1 FROM call_under_hold WHERE decision = :decision LIMIT 1;

-- name: take_salt(leaf_index)!
UPDATE ledger SET salt = NULL WHERE leaf_index = :leaf_index;

-- name: shred()!
PRAGMA secure_delete = ON;

-- name: begin_overwriting(at)!
INSERT INTO overwriting (at) VALUES (:at);

-- name: overwriting()
SELECT id, at FROM overwriting;

-- name: overwriting_since()^
SELECT at FROM overwriting ORDER BY id LIMIT 1;

-- name: end_overwriting(id, at)!
DELETE FROM overwriting WHERE id = :id AND at = :at;

-- What of these times a receiver outside has still not been told, he is told no more: it has their numbers.
-- name: forget_deliveries(until)!
DELETE FROM webhook_delivery WHERE happened_at <= :until;
