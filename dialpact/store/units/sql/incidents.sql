-- name: insert_incident(at, node, kind, decision, channel, detail)!
INSERT INTO incident (at, node, kind, decision, channel, detail)
VALUES (:at, :node, :kind, :decision, :channel, :detail);

-- Newest first, before the cursor ``after``.
-- name: list_incidents(kind, since, until, after, most)
SELECT * FROM incident
WHERE seq < :after AND (:kind = '' OR kind = :kind) AND (:since = '' OR at >= :since) AND (:until = '' OR at < :until)
ORDER BY seq DESC LIMIT :most;

-- name: count_incidents(since, until)
SELECT kind, count(*) AS count, min(at) AS first, max(at) AS last FROM incident
WHERE (:since = '' OR at >= :since) AND (:until = '' OR at < :until)
GROUP BY kind ORDER BY count DESC, kind;

-- name: is_told(node, kind, decision, channel, detail)^
SELECT 1 FROM incident
WHERE kind = :kind AND channel = :channel AND decision = :decision AND node = :node AND detail = :detail;
