-- name: states()
SELECT vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told FROM witness ORDER BY vkey;

-- name: put_state(vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)!
INSERT OR REPLACE INTO witness (vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)
VALUES (:vkey, :url, :word, :detail, :size, :asked_at, :failing_since, :cosigned_at, :told);

-- name: insert_cosignature(size, vkey, at, line)!
INSERT OR IGNORE INTO cosignature (size, vkey, at, line) VALUES (:size, :vkey, :at, :line);

-- name: cosignatures(size)
SELECT size, vkey, at, line FROM cosignature WHERE size = :size ORDER BY at, vkey;

-- name: cosigned_up_to(size)^
SELECT max(size) AS size FROM cosignature WHERE size <= :size;

-- name: insert_stamp(size, at, note, answer)!
INSERT OR IGNORE INTO checkpoint_stamp (size, at, note, answer) VALUES (:size, :at, :note, :answer);

-- name: last_stamp()^
SELECT max(at) AS at FROM checkpoint_stamp;

-- name: newest_stamps(most)
SELECT size, at FROM checkpoint_stamp INDEXED BY checkpoint_stamp_by_time ORDER BY at DESC LIMIT :most;

-- name: stamp_at(size, at)^
SELECT size, note, answer FROM checkpoint_stamp WHERE size = :size AND at = :at;

-- name: stamps_of(size)
SELECT size, note, answer FROM checkpoint_stamp WHERE size = :size ORDER BY at;

-- name: first_stamped(leaf)^
SELECT min(size) AS size FROM checkpoint_stamp WHERE size > :leaf;

-- name: first_with(vkey, leaf)^
SELECT min(size) AS size FROM cosignature WHERE vkey = :vkey AND size > :leaf;

-- name: last_without(vkey, leaf)^
SELECT max(size) AS size FROM cosignature WHERE vkey = :vkey AND size <= :leaf;
