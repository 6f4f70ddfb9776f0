-- What units/sql/idempotency.sql says otherwise.

-- name: put_in()
SELECT kind, key FROM unsealed WHERE node = current_setting('dialpact.node') ORDER BY seq LIMIT 5000;
