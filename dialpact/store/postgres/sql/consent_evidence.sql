-- What units/sql/consent_evidence.sql says otherwise.

-- name: named_since(as_of, id)^
SELECT 1 FROM register_change
WHERE seq > :as_of AND register = 'consent' AND action = 'add' AND CAST(detail AS json) ->> 'evidence_sha256' = :id
LIMIT 1;
