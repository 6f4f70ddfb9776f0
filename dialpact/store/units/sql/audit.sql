-- name: entries_from(first, end)
SELECT leaf_index, kind, key, version, salt, leaf FROM ledger WHERE leaf_index >= :first AND leaf_index < :end
ORDER BY leaf_index;

-- name: next_entry(first, end)
SELECT leaf_index, kind, key, version, salt, leaf FROM ledger WHERE leaf_index >= :first AND leaf_index < :end
ORDER BY leaf_index LIMIT 1;

-- name: negative()
SELECT leaf_index, kind, key FROM ledger WHERE leaf_index < 0 ORDER BY leaf_index LIMIT 1000;

-- name: node(level, number)^
SELECT hash FROM ledger_node WHERE level = :level AND number = :number;

-- name: nodes_beyond(one, two, three)
SELECT level, number FROM ledger_node
WHERE level NOT IN (1, 2, 3) OR number < 0 OR (level = 1 AND number >= :one) OR (level = 2 AND number >= :two)
   OR (level = 3 AND number >= :three)
ORDER BY level, number LIMIT 1000;

-- name: waiting()
SELECT kind, key FROM unsealed ORDER BY seq LIMIT 1000;

-- name: key_changes()
SELECT ledger.leaf_index, register_change.seq, register_change.detail FROM register_change
JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(register_change.seq AS TEXT)
WHERE register_change.register = 'ledger' AND register_change.action IN ('rotate', 'resume') ORDER BY ledger.leaf_index;

-- name: erasures()
SELECT ledger.leaf_index, register_change.seq, register_change.detail FROM register_change
JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(register_change.seq AS TEXT)
WHERE register_change.register = 'ledger' AND register_change.action = 'erase' ORDER BY ledger.leaf_index;

-- name: erasure(seq)^
SELECT detail FROM register_change WHERE seq = :seq;

-- name: missing_seqs()
SELECT this.seq + 1 AS first, (SELECT min(next.seq) FROM decision AS next WHERE next.seq > this.seq) - 1 AS last
FROM decision AS this
WHERE this.seq < (SELECT max(seq) FROM decision)
  AND NOT EXISTS (SELECT 1 FROM decision AS next WHERE next.seq = this.seq + 1)
ORDER BY this.seq LIMIT 1000;

-- name: first_and_last_seq()^
SELECT (SELECT min(seq) FROM decision), (SELECT max(seq) FROM decision);

-- Rows that should have a leaf and have none, by kind.

-- name: leafless_decision()
SELECT id AS key FROM decision
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'decision' AND ledger.key = decision.id) LIMIT 1000;

-- name: leafless_undelivered()
SELECT decision AS key FROM undelivered
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'undelivered' AND ledger.key = undelivered.decision) LIMIT 1000;

-- name: leafless_recording()
SELECT id AS key FROM recording
WHERE ended_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND ledger.key = recording.id) LIMIT 1000;

-- name: leafless_carrier_leg()
SELECT id AS key FROM carrier_leg
WHERE ended_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND ledger.key = carrier_leg.id) LIMIT 1000;

-- name: leafless_register_change()
SELECT CAST(seq AS TEXT) AS key FROM register_change
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'register-change' AND ledger.key = CAST(seq AS TEXT)) LIMIT 1000;

-- name: leafless_incident()
SELECT CAST(seq AS TEXT) AS key FROM incident
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'incident' AND ledger.key = CAST(seq AS TEXT)) LIMIT 1000;

-- name: leafless_opt_out()
SELECT CAST(seq AS TEXT) AS key FROM opt_out
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'opt-out' AND ledger.key = CAST(seq AS TEXT)) LIMIT 1000;

-- name: leafless_clock()
SELECT CAST(seq AS TEXT) AS key FROM clock_reading
WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'clock' AND ledger.key = CAST(seq AS TEXT)) LIMIT 1000;

-- Whether nothing is left of what erasing takes (as in the triggers).

-- name: blank_decision(key)^
SELECT number = '' AND given = '' AND dial IN ('', 'erased') AND caller_id = '' AND agent = '' AND channel = ''
   AND uniqueid = '' AND attack = '' AND retry_at IS NULL AND record = ''
FROM decision WHERE id = :key;

-- name: blank_recording(key)^
SELECT number = '' AND caller_id = '' AND channel = '' AND uniqueid = '' FROM recording WHERE id = :key;

-- name: blank_carrier_leg(key)^
SELECT channel = '' AND uniqueid = '' AND linkedid = '' AND sip_call_id = '' AND sent_from = ''
       AND supervision = '{}'
FROM carrier_leg WHERE id = :key;

-- Recordings whose day, or whose disposal, is not what the log says of it.
-- name: kept_otherwise()
SELECT ledger.leaf_index, recording.id AS key
FROM recording JOIN ledger ON ledger.kind = 'recording' AND ledger.key = recording.id
WHERE recording.keep_until IS NOT coalesce(
          (SELECT json_extract(detail, '$.to') FROM register_change
           WHERE register = 'recording' AND key = recording.id AND action IN ('keep', 'policy')
           ORDER BY seq DESC LIMIT 1), recording.keep_until)
   OR recording.disposed_at IS NOT (SELECT at FROM register_change
                                    WHERE register = 'recording' AND key = recording.id AND action = 'dispose')
ORDER BY ledger.leaf_index LIMIT 1000;
