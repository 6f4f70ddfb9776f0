-- name: hold_acts()
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = 'recording' AND action IN ('hold', 'release') ORDER BY seq;

-- name: hold_rows()
SELECT id, scope, key, since, by, reason, released_at, released_by, release_reason FROM hold ORDER BY id;

-- name: held()
SELECT key FROM hold
WHERE released_at IS NULL AND scope = 'recording'
  AND NOT EXISTS (SELECT 1 FROM recording WHERE id = hold.key AND ended_at IS NULL)  -- these have no leaf yet
ORDER BY id;

-- name: readings()
SELECT clock_reading.seq, clock_reading.at, clock_reading.boot_id, clock_reading.uptime_us, witnessed.us,
       witnessed.behind_us
FROM clock_reading LEFT JOIN witnessed ON witnessed.reading = clock_reading.seq ORDER BY clock_reading.seq;

-- Of a reading that is not there: the newest of it would be what all others follow from.
-- name: stray_witnesses()
SELECT reading FROM witnessed WHERE NOT EXISTS (SELECT 1 FROM clock_reading WHERE seq = reading)
ORDER BY reading LIMIT 1000;

-- name: trusted_from()^
SELECT key FROM register_change WHERE register = 'clock' AND action = 'witnessed' ORDER BY seq LIMIT 1;

-- name: last_call_before(leaf_index)^
SELECT key FROM ledger WHERE kind = 'decision' AND leaf_index < :leaf_index ORDER BY leaf_index DESC LIMIT 1;

-- name: call(id)^
SELECT decided_at, behind_us FROM decision WHERE id = :id;

-- name: disposals()
SELECT 'disposal-unlogged' AS code, recording, 0 AS act FROM disposal
WHERE NOT EXISTS (SELECT 1 FROM register_change AS said
                  WHERE said.register = 'recording' AND said.key = disposal.recording AND said.action = 'dispose'
                    AND said.at = disposal.at AND said.actor = disposal.by
                    AND json_extract(said.detail, '$.keep_until') IS disposal.keep_until
                    AND json_extract(said.detail, '$.reading') IS disposal.reading)
UNION ALL
SELECT 'disposal-done', recording, 0 FROM disposal
WHERE done_at IS NOT (SELECT said.at FROM register_change AS said
                      WHERE said.register = 'recording' AND said.key = disposal.recording AND said.action = 'disposed')
UNION ALL
SELECT 'disposal-missing', said.key, said.seq FROM register_change AS said
WHERE said.register = 'recording' AND said.action = 'dispose' AND json_extract(said.detail, '$.reading') IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM disposal WHERE disposal.recording = said.key)
ORDER BY 2, 1 LIMIT 1000;

-- A day is only ever raised, from the one that it was raised to before.
-- name: days()
SELECT recording, act FROM (
    SELECT key AS recording, seq AS act, json_extract(detail, '$.from') AS was, json_extract(detail, '$.to') AS becomes,
           lag(json_extract(detail, '$.to')) OVER (PARTITION BY key ORDER BY seq) AS before
    FROM register_change WHERE register = 'recording' AND action IN ('keep', 'policy')
)
WHERE NOT coalesce(becomes > was, 0) OR (before IS NOT NULL AND was IS NOT before)
ORDER BY act LIMIT 1000;

-- Of a table only that it is one: a view in its place could show anything.
-- name: guards()
SELECT name, iif(type = 'table', type, sql) AS sql FROM sqlite_schema
WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name;
