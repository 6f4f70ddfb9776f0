-- What was said last of an entry: it is there unless that was its removal.
-- name: last_act(register, id)^
SELECT action, key AS id, detail FROM register_change
WHERE register = :register AND key = :id ORDER BY seq DESC LIMIT 1;

-- name: list_entries(register, after_id, most)
SELECT act.key AS id, act.detail FROM register_change AS act
WHERE act.register = :register AND act.key > :after_id AND act.action = 'add'
  AND NOT EXISTS (SELECT 1 FROM register_change AS later
                  WHERE later.register = act.register AND later.key = act.key AND later.seq > act.seq)
ORDER BY act.key LIMIT :most;
