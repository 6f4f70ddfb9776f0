-- What units/sql/api_keys.sql says otherwise.

-- name: list_keys(id, after_id, most)
SELECT id, scopes, businesses, expires, added_at, added_by, revoked_at, revoked_by, reason,
       (SELECT at FROM api_key_use WHERE api_key_use.id = api_key.id) AS used_at
FROM api_key WHERE (:id = '' OR id = :id) AND id > :after_id ORDER BY id LIMIT NULLIF(CAST(:most AS bigint), -1);
