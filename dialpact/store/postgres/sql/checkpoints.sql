-- As units/sql/checkpoints.sql, of the log of the node that asks.

-- name: last_checkpoint()^
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node')
ORDER BY size DESC, at DESC LIMIT 1;

-- Whose log it is stands in its key: there is nothing to name.
-- name: name_log!
UPDATE ledger_log SET node = node WHERE false;

-- name: checkpoints(size, at, most)
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node') AND (size, at) > (:size, :at)
ORDER BY size, at LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: rotations()
SELECT seq, at, detail FROM register_change
WHERE register = 'ledger' AND action IN ('rotate', 'resume') AND node = current_setting('dialpact.node') ORDER BY seq;

-- name: links()
SELECT ledger.leaf_index, register_change.detail FROM register_change
JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(register_change.seq AS text)
           AND ledger.node = register_change.node
WHERE register_change.register = 'ledger' AND register_change.action IN ('rotate', 'resume')
  AND register_change.node = current_setting('dialpact.node')
ORDER BY ledger.leaf_index;

-- name: sizes()
SELECT DISTINCT size FROM checkpoint WHERE node = current_setting('dialpact.node');

-- name: checkpoint_of(size)
SELECT note FROM checkpoint WHERE node = current_setting('dialpact.node') AND size = :size ORDER BY at;

-- name: log()^
SELECT forked, remembered FROM ledger_log WHERE node = current_setting('dialpact.node');

-- name: log_row()^
SELECT node, remembered FROM ledger_log WHERE node = current_setting('dialpact.node');

-- name: set_forked(forked)!
UPDATE ledger_log SET forked = :forked WHERE node = current_setting('dialpact.node') AND forked <> :forked;

-- name: set_remembered()!
UPDATE ledger_log SET remembered = 1 WHERE node = current_setting('dialpact.node') AND remembered = 0;

-- name: newest_checkpoints(most)
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node')
ORDER BY size DESC, at DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: checkpoints_before(after_size, after_at, most)
SELECT size, at, note FROM checkpoint
WHERE node = current_setting('dialpact.node') AND (size, at) < (:after_size, :after_at)
ORDER BY size DESC, at DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: checkpoint_at(size, at)^
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node') AND size = :size AND at = :at;
