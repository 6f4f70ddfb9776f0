-- The log of this node. A leaf by kind and key is in whatever log: there is one of it.
-- name: unsealed(most)
SELECT seq, kind, key FROM unsealed WHERE node = current_setting('dialpact.node')
ORDER BY seq LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: forget_unsealed(seq)!
DELETE FROM unsealed WHERE node = current_setting('dialpact.node') AND seq <= :seq;

-- name: size()^
SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger WHERE node = current_setting('dialpact.node');

-- name: leaves(first, end)
SELECT leaf FROM ledger WHERE node = current_setting('dialpact.node') AND leaf_index >= :first AND leaf_index < :end
ORDER BY leaf_index;

-- name: nodes(level, first, end)
SELECT hash FROM ledger_node
WHERE node = current_setting('dialpact.node') AND level = :level AND number >= :first AND number < :end
ORDER BY number;

-- name: entries(first, most)
SELECT leaf_index, kind, key, version, salt, leaf FROM ledger
WHERE node = current_setting('dialpact.node') AND leaf_index >= :first
ORDER BY leaf_index LIMIT NULLIF(CAST(:most AS bigint), -1);

-- What is in a record, by kind and version. Never changed: other columns are another version.

-- name: recording_1(key)^
SELECT id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at, answered_at, ended_at,
       format, path, bytes, seconds, talk_seconds, sha256, callee_path, callee_sha256, callee_dbfs, agent_path,
       agent_sha256, agent_dbfs,
       coalesce((SELECT CAST(detail AS json) ->> 'from' FROM register_change
                 WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 ORDER BY seq LIMIT 1), keep_until) AS keep_until
FROM recording WHERE id = :key;

-- name: recording_2(key)^
SELECT id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at, answered_at, ended_at,
       format, path, bytes, seconds, talk_seconds, sha256, callee_path, callee_sha256, callee_dbfs, agent_path,
       agent_sha256, agent_dbfs, part, sound, unseen,
       coalesce((SELECT CAST(detail AS json) ->> 'from' FROM register_change
                 WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 ORDER BY seq LIMIT 1), keep_until) AS keep_until
FROM recording WHERE id = :key;
