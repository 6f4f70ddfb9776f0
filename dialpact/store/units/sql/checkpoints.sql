-- name: last_checkpoint()^
SELECT size, at, note FROM checkpoint ORDER BY size DESC, at DESC LIMIT 1;

-- name: insert_checkpoint(size, at, note)!
INSERT INTO checkpoint (size, at, note) VALUES (:size, :at, :note);

-- name: name_log(node)!
UPDATE ledger_log SET node = :node WHERE node <> :node;

-- name: checkpoints(size, at, most)
SELECT size, at, note FROM checkpoint WHERE (size, at) > (:size, :at) ORDER BY size, at LIMIT :most;

-- name: rotations()
SELECT seq, at, detail FROM register_change WHERE register = 'ledger' AND action IN ('rotate', 'resume') ORDER BY seq;

-- name: links()
SELECT ledger.leaf_index, register_change.detail FROM register_change
JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(register_change.seq AS TEXT)
WHERE register_change.register = 'ledger' AND register_change.action IN ('rotate', 'resume')
ORDER BY ledger.leaf_index;

-- name: sizes()
SELECT DISTINCT size FROM checkpoint;

-- name: checkpoint_of(size)
SELECT note FROM checkpoint WHERE size = :size;

-- name: log()^
SELECT forked, remembered FROM ledger_log WHERE log = 1;

-- name: log_row()^
SELECT node, remembered FROM ledger_log WHERE log = 1;

-- name: set_forked(forked)!
UPDATE ledger_log SET forked = :forked WHERE forked <> :forked;

-- name: set_remembered()!
UPDATE ledger_log SET remembered = 1 WHERE remembered = 0;

-- name: newest_checkpoints(most)
SELECT size, at, note FROM checkpoint ORDER BY size DESC, at DESC LIMIT :most;

-- The largest tree first, behind a cursor.
-- name: checkpoints_before(after_size, after_at, most)
SELECT size, at, note FROM checkpoint WHERE (size, at) < (:after_size, :after_at)
ORDER BY size DESC, at DESC LIMIT :most;

-- name: checkpoint_at(size, at)^
SELECT size, at, note FROM checkpoint WHERE size = :size AND at = :at;
