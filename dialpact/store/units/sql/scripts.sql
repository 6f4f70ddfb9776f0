-- name: newest_script(id)^
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked, text, added_at, added_by
FROM script WHERE id = :id ORDER BY version DESC LIMIT 1;

-- name: list_scripts(after_id, most)
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM script
WHERE version = (SELECT max(version) FROM script AS other WHERE other.id = script.id) AND id > :after_id
ORDER BY id LIMIT :most;

-- name: script_versions(id)
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked, text, added_at, added_by
FROM script WHERE id = :id ORDER BY version;

-- name: insert_script(id, version, text, sha256, added_at, added_by)!
INSERT INTO script (id, version, text, sha256, added_at, added_by)
VALUES (:id, :version, :text, :sha256, :added_at, :added_by);

-- name: approve_script(id, version, approved_by, approved_at, expires_at, checked)!
UPDATE script SET approved_by = :approved_by, approved_at = :approved_at, expires_at = :expires_at,
    checked = :checked
WHERE id = :id AND version = :version;
