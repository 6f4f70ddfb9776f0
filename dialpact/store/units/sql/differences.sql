-- name: known()
SELECT register, key, code FROM register_difference ORDER BY register, key, code;

-- name: insert_difference(register, key, code, leaf, at)!
INSERT INTO register_difference (register, key, code, leaf, at) VALUES (:register, :key, :code, :leaf, :at);

-- name: delete_difference(register, key, code)!
DELETE FROM register_difference WHERE register = :register AND key = :key AND code = :code;

-- name: put_look(register, at, rows, unbound, whole)!
INSERT INTO register_look (register, at, rows, unbound, whole)
VALUES (:register, :at, coalesce(CAST(:rows AS BIGINT), 0), coalesce(CAST(:unbound AS BIGINT), 0), :whole)
ON CONFLICT (register) DO UPDATE SET at = excluded.at, rows = coalesce(:rows, register_look.rows),
    unbound = coalesce(:unbound, register_look.unbound), whole = excluded.whole;

-- name: looks()^
SELECT min(at) AS at, count(*) AS registers, CAST(sum(rows) AS BIGINT) AS rows,
       CAST(sum(unbound) AS BIGINT) AS unbound, min(whole) AS whole
FROM register_look;
