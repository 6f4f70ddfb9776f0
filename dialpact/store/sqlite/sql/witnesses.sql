-- name: states()
SELECT vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told FROM witness ORDER BY vkey;

-- name: put_state(vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)!
INSERT OR REPLACE INTO witness (vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)
VALUES (:vkey, :url, :word, :detail, :size, :asked_at, :failing_since, :cosigned_at, :told);

-- name: insert_cosignature(size, vkey, at, line)!
INSERT OR IGNORE INTO cosignature (size, vkey, at, line) VALUES (:size, :vkey, :at, :line);

-- name: cosignatures(size)
SELECT size, vkey, at, line FROM cosignature WHERE size = :size ORDER BY at, vkey;

-- name: newest_cosigned()^
SELECT max(size) AS size FROM cosignature;

-- name: insert_stamp(size, at, note, answer)!
INSERT OR IGNORE INTO checkpoint_stamp (size, at, note, answer) VALUES (:size, :at, :note, :answer);

-- name: last_stamp()^
SELECT max(at) AS at FROM checkpoint_stamp;
