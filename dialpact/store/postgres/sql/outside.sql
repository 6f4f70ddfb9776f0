-- Of this node's log.
-- name: waiting(most)^
SELECT count(*) FROM (SELECT 1 FROM unsealed WHERE node = current_setting('dialpact.node') LIMIT :most) AS these;
