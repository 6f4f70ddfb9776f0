-- name: insert_operator(id, name, origin, url, secret, reports_from, added_at)!
INSERT INTO operator (id, name, origin, url, secret, reports_from, added_at)
VALUES (:id, :name, :origin, :url, :secret, :reports_from, :added_at);

-- name: insert_key(operator, vkey, since, proof)!
INSERT INTO operator_key (operator, vkey, since, proof) VALUES (:operator, :vkey, :since, :proof);

-- name: rename_log(operator, origin)!
UPDATE operator SET origin = :origin WHERE id = :operator;

-- name: move(operator, url)!
UPDATE operator SET url = :url WHERE id = :operator;

-- name: end(operator, at)!
UPDATE operator SET ended_at = :at WHERE id = :operator AND ended_at IS NULL;

-- name: new_secret(operator, secret)!
UPDATE operator SET secret = :secret WHERE id = :operator;

-- name: operators()
SELECT * FROM operator ORDER BY id;

-- name: operator(id)^
SELECT * FROM operator WHERE id = :id;

-- name: operator_by_origin(origin)^
SELECT * FROM operator WHERE origin = :origin;

-- The newest first.
-- name: keys(operator)
SELECT vkey, since FROM operator_key WHERE operator = :operator ORDER BY seq DESC;

-- name: insert_act(at, by, action, key, detail)!
INSERT INTO act (at, by, action, key, detail) VALUES (:at, :by, :action, :key, :detail);

-- name: acts(most)
SELECT at, by, action, key, detail FROM act ORDER BY seq DESC LIMIT :most;
