-- What units/sql/accounts.sql says otherwise.

-- name: list_accounts(id, after_id, most)
SELECT account.*,
       (SELECT CAST(coalesce(json_agg(DISTINCT kind), '[]') AS text)
        FROM account_factor WHERE account = account.id) AS kinds,
       (SELECT max(seen_at) FROM account_session WHERE account_session.account = account.id) AS seen_at
FROM account WHERE (:id = '' OR id = :id) AND id > :after_id ORDER BY id LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: acts_before(register, id, before, most)
SELECT seq, at, actor, action, register, key, detail FROM register_change
WHERE register = :register AND key = :id AND seq < :before ORDER BY seq DESC LIMIT NULLIF(CAST(:most AS bigint), -1);
