-- Who did what: as in units/sql/acts.sql, without SQLite's hints.

-- name: next_action(register, action)^
SELECT register, action FROM register_change
WHERE register = :register AND action > :action ORDER BY action LIMIT 1;

-- name: next_register(register)^
SELECT register, action FROM register_change
WHERE register > :register ORDER BY register, action LIMIT 1;

-- name: acts(register, action, since, at, seq, most)
SELECT at, seq, actor FROM register_change
WHERE register = :register AND action = :action AND at >= :since AND (at, seq) < (:at, :seq)
ORDER BY at DESC, seq DESC LIMIT :most;

-- name: leaves(seqs)
SELECT CAST(key AS bigint) AS seq, leaf_index FROM ledger
WHERE kind = 'register-change' AND key IN (SELECT jsonb_array_elements_text(CAST(:seqs AS jsonb)));
