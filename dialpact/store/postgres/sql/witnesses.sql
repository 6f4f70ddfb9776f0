-- As units/sql/witnesses.sql, of the log of the node that asks.

-- name: states()
SELECT vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told FROM witness
WHERE node = current_setting('dialpact.node') ORDER BY vkey;

-- name: put_state(vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)!
INSERT INTO witness (vkey, url, word, detail, size, asked_at, failing_since, cosigned_at, told)
VALUES (:vkey, :url, :word, :detail, :size, :asked_at, :failing_since, :cosigned_at, :told)
ON CONFLICT (node, vkey) DO UPDATE SET url = excluded.url, word = excluded.word, detail = excluded.detail,
    size = excluded.size, asked_at = excluded.asked_at, failing_since = excluded.failing_since,
    cosigned_at = excluded.cosigned_at, told = excluded.told;

-- name: insert_cosignature(size, vkey, at, line)!
INSERT INTO cosignature (size, vkey, at, line) VALUES (:size, :vkey, :at, :line) ON CONFLICT DO NOTHING;

-- name: cosignatures(size)
SELECT size, vkey, at, line FROM cosignature WHERE node = current_setting('dialpact.node') AND size = :size
ORDER BY at, vkey;

-- name: cosigned_up_to(size)^
SELECT max(size) AS size FROM cosignature WHERE node = current_setting('dialpact.node') AND size <= :size;

-- name: insert_stamp(size, at, note, answer)!
INSERT INTO checkpoint_stamp (size, at, note, answer) VALUES (:size, :at, :note, :answer) ON CONFLICT DO NOTHING;

-- name: last_stamp()^
SELECT max(at) AS at FROM checkpoint_stamp WHERE node = current_setting('dialpact.node');

-- name: newest_stamps(most)
SELECT size, at FROM checkpoint_stamp WHERE node = current_setting('dialpact.node') ORDER BY at DESC
LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: stamp_at(size, at)^
SELECT size, note, answer FROM checkpoint_stamp
WHERE node = current_setting('dialpact.node') AND size = :size AND at = :at;

-- name: stamps_of(size)
SELECT size, note, answer FROM checkpoint_stamp WHERE node = current_setting('dialpact.node') AND size = :size
ORDER BY at;

-- name: first_stamped(leaf)^
SELECT min(size) AS size FROM checkpoint_stamp WHERE node = current_setting('dialpact.node') AND size > :leaf;

-- name: first_with(vkey, leaf)^
SELECT min(size) AS size FROM cosignature
WHERE node = current_setting('dialpact.node') AND vkey = :vkey AND size > :leaf;

-- name: last_without(vkey, leaf)^
SELECT max(size) AS size FROM cosignature
WHERE node = current_setting('dialpact.node') AND vkey = :vkey AND size <= :leaf;
