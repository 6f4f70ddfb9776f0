-- Requests with an Idempotency-Key, for a day.

-- name: clear(before)!
DELETE FROM idempotency WHERE at <= :before;

-- name: get(key, name)^
SELECT request, act, owner, written, status, headers, body, sealed FROM idempotency WHERE key = :key AND name = :name;

-- name: insert(key, name, at, request, act, owner)!
INSERT INTO idempotency (key, name, at, request, act, owner)
VALUES (:key, :name, :at, :request, :act, :owner) ON CONFLICT (key, name) DO NOTHING;

-- name: take(key, name, owner)!
UPDATE idempotency SET owner = :owner WHERE key = :key AND name = :name;

-- What this transaction has put in and has no leaf yet.
-- name: put_in()
SELECT kind, key FROM unsealed ORDER BY seq LIMIT 5000;

-- name: note(key, name, written)!
UPDATE idempotency SET written = :written WHERE key = :key AND name = :name;

-- name: answer(key, name, status, headers, body)!
UPDATE idempotency SET status = :status, headers = :headers, body = :body WHERE key = :key AND name = :name;

-- name: seal(key, name, sealed)!
UPDATE idempotency SET sealed = :sealed WHERE key = :key AND name = :name;
