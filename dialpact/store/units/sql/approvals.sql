-- What takes two officers.

-- name: insert_approval(about, seen, reason, asked_by, asked_at, lapses_at)<!
INSERT INTO approval (about, seen, reason, asked_by, asked_at, lapses_at, state)
VALUES (:about, :seen, :reason, :asked_by, :asked_at, :lapses_at, 'open');

-- name: get_approval(id)^
SELECT * FROM approval WHERE id = :id;

-- What waits is few, however many were closed: its own index, and no walk over the others.
-- name: open_about(about, now)
SELECT * FROM approval INDEXED BY approval_open WHERE state = 'open' AND lapses_at > :now AND about = :about ORDER BY id;

-- name: close_approval(id, state, closed_by, closed_at, note)!
UPDATE approval SET state = :state, closed_by = :closed_by, closed_at = :closed_at, note = :note
WHERE id = :id AND state = 'open';

-- name: end_approval(id, came)!
UPDATE approval SET state = 'done', came = :came WHERE id = :id AND state = 'confirmed';

-- name: list_open(now, after, most)
SELECT * FROM approval INDEXED BY approval_open
WHERE state = 'open' AND lapses_at > :now AND asked_at <= :now AND id > :after
ORDER BY id LIMIT :most;

-- name: list_approvals(before, most)
SELECT * FROM approval WHERE id < :before ORDER BY id DESC LIMIT :most;

-- name: count_open(now, besides)^
SELECT count(*) FROM approval
WHERE state = 'open' AND lapses_at > :now AND asked_at <= :now AND asked_by <> :besides;

-- name: acts_of_approval(id)
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = 'approval' AND key = :id ORDER BY seq;

-- How what is asked about stands: one row, or none where it is not in force any more.

-- name: hold_as_seen(id)^
SELECT CAST(id AS TEXT) AS id, scope, key, since, by, reason FROM hold WHERE id = :id AND released_at IS NULL;

-- name: suspension_as_seen(kind, key)^
SELECT kind, key, since, by, cause, evidence FROM suspension
WHERE kind = :kind AND key = :key AND lifted_at IS NULL;

-- What the person has said since is no less a no, though the entry stays as it was first recorded.
-- name: opt_out_as_seen(number, scope, value)^
SELECT created_at, requested_at, source,
       (SELECT CAST(count(*) AS TEXT) FROM opt_out WHERE opt_out.number = do_not_call.number) AS said,
       (SELECT ifnull(max(at), '') FROM opt_out WHERE opt_out.number = do_not_call.number) AS said_last
FROM do_not_call WHERE number = :number AND scope = :scope AND value = :value;
