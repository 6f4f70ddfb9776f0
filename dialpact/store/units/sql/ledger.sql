-- name: unsealed(most)
SELECT seq, kind, key FROM unsealed ORDER BY seq LIMIT :most;

-- name: forget_unsealed(seq)!
DELETE FROM unsealed WHERE seq <= :seq;

-- name: size()^
SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger;

-- name: insert_leaf(leaf_index, kind, key, version, salt, leaf)!
INSERT INTO ledger (leaf_index, kind, key, version, salt, leaf)
VALUES (:leaf_index, :kind, :key, :version, :salt, :leaf);

-- name: insert_node(level, number, hash)!
INSERT INTO ledger_node (level, number, hash) VALUES (:level, :number, :hash);

-- name: leaves(first, end)
SELECT leaf FROM ledger WHERE leaf_index >= :first AND leaf_index < :end ORDER BY leaf_index;

-- name: nodes(level, first, end)
SELECT hash FROM ledger_node WHERE level = :level AND number >= :first AND number < :end ORDER BY number;

-- name: entries(first, most)
SELECT leaf_index, kind, key, version, salt, leaf FROM ledger WHERE leaf_index >= :first
ORDER BY leaf_index LIMIT :most;

-- name: entry_of(kind, key)^
SELECT leaf_index, kind, key, version, salt, leaf FROM ledger WHERE kind = :kind AND key = :key;

-- What is in a record, by kind and version. Never changed: other columns are another version.

-- name: decision_1(key)^
SELECT seq, id, node, decided_at, behind_us, verdict, reasons, number, given, dial, caller_id, campaign, business,
       agent, trunk, channel, uniqueid, attack, retry_at, mode, record
FROM decision WHERE id = :key;

-- name: decision_2(key)^
SELECT seq, id, node, decided_at, behind_us, verdict, reasons, number, given, dial, caller_id, campaign, business,
       agent, trunk, channel, uniqueid, attack, retry_at, mode, continues, record
FROM decision WHERE id = :key;

-- name: undelivered_1(key)^
SELECT decision, at, reason FROM undelivered WHERE decision = :key;

-- keep_until: as it was at the end of the call; each raise is a record of its own, and says what was before it.
-- name: recording_1(key)^
SELECT id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at, answered_at, ended_at,
       format, path, bytes, seconds, talk_seconds, sha256, callee_path, callee_sha256, callee_dbfs, agent_path,
       agent_sha256, agent_dbfs,
       coalesce((SELECT json_extract(detail, '$.from') FROM register_change
                 WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 ORDER BY seq LIMIT 1), keep_until) AS keep_until
FROM recording WHERE id = :key;

-- name: recording_2(key)^
SELECT id, decision, node, channel, uniqueid, state, number, caller_id, campaign, started_at, answered_at, ended_at,
       format, path, bytes, seconds, talk_seconds, sha256, callee_path, callee_sha256, callee_dbfs, agent_path,
       agent_sha256, agent_dbfs, part, sound, unseen,
       coalesce((SELECT json_extract(detail, '$.from') FROM register_change
                 WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
                 ORDER BY seq LIMIT 1), keep_until) AS keep_until
FROM recording WHERE id = :key;

-- name: carrier_leg_1(key)^
SELECT id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at,
       dial_status, hangup_cause
FROM carrier_leg WHERE id = :key;

-- name: carrier_leg_2(key)^
SELECT id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at,
       dial_status, hangup_cause, sent_from, interlock
FROM carrier_leg WHERE id = :key;

-- name: carrier_leg_3(key)^
SELECT id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at, ringing_at, answered_at, ended_at,
       dial_status, hangup_cause, sent_from, interlock, supervision
FROM carrier_leg WHERE id = :key;

-- name: register_change_1(key)^
SELECT seq, at, actor, register, action, key, detail FROM register_change WHERE seq = CAST(CAST(:key AS TEXT) AS BIGINT);

-- name: incident_1(key)^
SELECT seq, at, node, kind, decision, channel, detail FROM incident WHERE seq = CAST(CAST(:key AS TEXT) AS BIGINT);

-- name: opt_out_1(key)^
SELECT seq, at, number, scope, value, how, by, node, channel, decision, recording, position FROM opt_out
WHERE seq = CAST(CAST(:key AS TEXT) AS BIGINT);

-- name: clock_1(key)^
SELECT seq, at, boot_id, uptime_us, by FROM clock_reading WHERE seq = CAST(CAST(:key AS TEXT) AS BIGINT);

-- What stays of a row when its record is erased, by kind and form; the act that erases it has its digest. Never
-- changed: other columns are another form. It says the same before the erasure and after it.

-- name: remains_decision_1(key)^
SELECT seq, id, node, decided_at, behind_us, verdict, reasons, CAST(dial <> '' AS INTEGER) AS put_through, campaign, business, trunk, mode,
       continues
FROM decision WHERE id = :key;

-- name: remains_recording_1(key)^
SELECT id, decision, node, state, campaign, started_at, answered_at, ended_at, format, path, bytes, seconds,
       talk_seconds, sha256, callee_path, callee_sha256, callee_dbfs, agent_path, agent_sha256, agent_dbfs, part, sound,
       unseen, keep_until, disposed_at
FROM recording WHERE id = :key;

-- name: remains_carrier_leg_1(key)^
SELECT id, decision, node, dialled_at, ringing_at, answered_at, ended_at, dial_status, hangup_cause, interlock
FROM carrier_leg WHERE id = :key;
