-- name: last_checkpoint()^
SELECT size, at, note FROM checkpoint ORDER BY size DESC, at DESC LIMIT 1;

-- name: insert_checkpoint(size, at, note)!
INSERT INTO checkpoint (size, at, note) VALUES (:size, :at, :note);

-- name: name_log(node)!
UPDATE ledger_log SET node = :node WHERE node <> :node;

-- name: checkpoints(size, at, most)
SELECT size, at, note FROM checkpoint WHERE (size, at) > (:size, :at) ORDER BY size, at LIMIT :most;

-- name: rotations()
SELECT seq, at, detail FROM register_change WHERE register = 'ledger' AND action = 'rotate' ORDER BY seq;

-- name: newest_checkpoints(most)
SELECT size, at, note FROM checkpoint ORDER BY size DESC, at DESC LIMIT :most;
