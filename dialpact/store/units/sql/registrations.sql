-- name: get_registration(holder, id, kind, valid_from)^
SELECT holder, id, kind, valid_from, valid_to, number FROM registration
WHERE holder = :holder AND id = :id AND kind = :kind AND valid_from = :valid_from;

-- name: list_registrations(holder, id, kind, after_holder, after_id, after_kind, after_valid_from, most)
SELECT holder, id, kind, valid_from, valid_to, number FROM registration
WHERE (:holder = '' OR holder = :holder) AND (:id = '' OR id = :id) AND (:kind = '' OR kind = :kind)
  AND (holder, id, kind, valid_from) > (:after_holder, :after_id, :after_kind, :after_valid_from)
ORDER BY holder, id, kind, valid_from LIMIT :most;

-- name: insert_registration(holder, id, kind, valid_from, valid_to, number, created_at)!
INSERT INTO registration (holder, id, kind, valid_from, valid_to, number, created_at)
VALUES (:holder, :id, :kind, :valid_from, :valid_to, :number, :created_at);

-- name: delete_registration(holder, id, kind, valid_from)!
DELETE FROM registration
WHERE holder = :holder AND id = :id AND kind = :kind AND valid_from = :valid_from;
