-- As units/sql/retention.sql.

-- name: settled(id)^
SELECT unseen, (SELECT CAST(CAST(detail AS json) ->> 'answered' AS boolean) FROM register_change
                WHERE register = 'recording' AND key = recording.id AND action = 'settle'
                ORDER BY seq DESC LIMIT 1) AS answered
FROM recording WHERE id = :id;
