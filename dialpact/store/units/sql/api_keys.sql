-- The keys of the API. What is bound by acts is in `api_key`; when each was last used is not.

-- name: get_key(id)^
SELECT id, scopes, businesses, expires, mac, added_at, added_by, revoked_at, revoked_by, reason
FROM api_key WHERE id = :id;

-- name: insert_key(id, scopes, businesses, expires, mac, added_at, added_by)!
INSERT INTO api_key (id, scopes, businesses, expires, mac, added_at, added_by)
VALUES (:id, :scopes, :businesses, :expires, :mac, :added_at, :added_by);

-- name: rotate_key(id, mac, added_at, added_by)!
UPDATE api_key SET mac = :mac, added_at = :added_at, added_by = :added_by WHERE id = :id;

-- name: revoke_key(id, revoked_at, revoked_by, reason)!
UPDATE api_key SET revoked_at = :revoked_at, revoked_by = :revoked_by, reason = :reason WHERE id = :id;

-- name: list_keys(id, after_id, most)
SELECT id, scopes, businesses, expires, added_at, added_by, revoked_at, revoked_by, reason,
       (SELECT at FROM api_key_use WHERE api_key_use.id = api_key.id) AS used_at
FROM api_key WHERE (:id = '' OR id = :id) AND id > :after_id ORDER BY id LIMIT :most;

-- name: acts_of_key(id)
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = 'api-key' AND key = :id ORDER BY seq;

-- name: note_use(id, at)!
INSERT INTO api_key_use (id, at) VALUES (:id, :at) ON CONFLICT (id) DO UPDATE SET at = excluded.at;
