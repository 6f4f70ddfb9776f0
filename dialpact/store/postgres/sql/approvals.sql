-- What units/sql/approvals.sql says otherwise.

-- name: insert_approval(about, seen, reason, asked_by, asked_at, lapses_at)<!
INSERT INTO approval (about, seen, reason, asked_by, asked_at, lapses_at, state)
VALUES (:about, :seen, :reason, :asked_by, :asked_at, :lapses_at, 'open')
RETURNING id;

-- name: open_about(about, now)
SELECT * FROM approval WHERE state = 'open' AND lapses_at > :now AND about = :about ORDER BY id;

-- name: list_open(now, after, most)
SELECT * FROM approval
WHERE state = 'open' AND lapses_at > :now AND asked_at <= :now AND id > :after
ORDER BY id LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: list_approvals(before, most)
SELECT * FROM approval WHERE id < :before ORDER BY id DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: opt_out_as_seen(number, scope, value)^
SELECT created_at, requested_at, source,
       (SELECT CAST(count(*) AS TEXT) FROM opt_out WHERE opt_out.number = do_not_call.number) AS said,
       (SELECT coalesce(max(at), '') FROM opt_out WHERE opt_out.number = do_not_call.number) AS said_last
FROM do_not_call WHERE number = :number AND scope = :scope AND value = :value;
