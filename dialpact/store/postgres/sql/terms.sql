-- name: profile_text(sha256)^
SELECT CAST(detail AS json) ->> 'text' AS text FROM register_change
WHERE register = 'profile' AND key = :sha256 AND action = 'in-force' ORDER BY seq LIMIT 1;

-- name: profile_texts()
SELECT CAST(detail AS json) ->> 'text' AS text FROM register_change
WHERE register = 'profile' AND action = 'in-force' ORDER BY seq;
