-- Who did what, the newest first. register_change_by_action leads to the lines of one kind by their time; what is asked of
-- all kinds is those of each, put together.

-- One behind the other, each at the cost of finding it: SQLite would go through all lines of a kind for
-- (register, action) > (:register, :action).
-- name: next_action(register, action)^
SELECT register, action FROM register_change INDEXED BY register_change_by_action
WHERE register = :register AND action > :action ORDER BY action LIMIT 1;

-- name: next_register(register)^
SELECT register, action FROM register_change INDEXED BY register_change_by_action
WHERE register > :register ORDER BY register, action LIMIT 1;

-- name: acts(register, action, since, at, seq, most)
SELECT at, seq, actor FROM register_change INDEXED BY register_change_by_action
WHERE register = :register AND action = :action AND at >= :since AND (at, seq) < (:at, :seq)
ORDER BY at DESC, seq DESC LIMIT :most;

-- name: leaves(seqs)
SELECT CAST(key AS INTEGER) AS seq, leaf_index FROM ledger
WHERE kind = 'register-change' AND key IN (SELECT CAST(value AS TEXT) FROM json_each(:seqs));
