-- The accounts of the console. What is bound by acts is in `account` and `account_factor`.

-- name: any_account()^
SELECT EXISTS (SELECT 1 FROM account);

-- name: get_account(id)^
SELECT * FROM account WHERE id = :id;

-- name: account_of_subject(subject)^
SELECT * FROM account WHERE subject = :subject AND subject <> '';

-- name: account_of_passkey(id)^
SELECT account.* FROM account_factor JOIN account ON account.id = account_factor.account
WHERE account_factor.kind = 'passkey' AND account_factor.id = :id;

-- name: insert_account(id, name, role, businesses, campaigns, agents, until, language, subject, added_at, added_by)!
INSERT INTO account (id, name, role, businesses, campaigns, agents, until, language, subject, added_at, added_by)
VALUES (:id, :name, :role, :businesses, :campaigns, :agents, :until, :language, :subject, :added_at, :added_by);

-- name: change_account(id, name, role, businesses, campaigns, agents, until, language, subject)!
UPDATE account
SET name = :name, role = :role, businesses = :businesses, campaigns = :campaigns, agents = :agents,
    until = :until, language = :language, subject = :subject
WHERE id = :id;

-- name: disable_account(id, disabled_at, disabled_by, reason)!
UPDATE account SET disabled_at = :disabled_at, disabled_by = :disabled_by, reason = :reason WHERE id = :id;

-- name: other_administrators(id, day)^
SELECT count(*) FROM account
WHERE role = 'administrator' AND id <> :id AND disabled_at IS NULL AND (until IS NULL OR until >= :day);

-- name: list_accounts(id, after_id, most)
SELECT account.*,
       (SELECT json_group_array(DISTINCT kind) FROM account_factor WHERE account = account.id) AS kinds,
       (SELECT max(seen_at) FROM account_session WHERE account_session.account = account.id) AS seen_at
FROM account WHERE (:id = '' OR id = :id) AND id > :after_id ORDER BY id LIMIT :most;

-- name: acts_of_account(id, register)
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = :register AND key = :id ORDER BY seq;

-- name: acts_before(register, id, before, most)
SELECT seq, at, actor, action, register, key, detail FROM register_change
WHERE register = :register AND key = :id AND seq < :before ORDER BY seq DESC LIMIT :most;

-- name: factors(account)
SELECT * FROM account_factor WHERE account = :account ORDER BY kind, id;

-- name: put_factor(account, kind, id, data, added_at, added_by)!
INSERT INTO account_factor (account, kind, id, data, added_at, added_by)
VALUES (:account, :kind, :id, :data, :added_at, :added_by)
ON CONFLICT (account, kind, id)
DO UPDATE SET data = excluded.data, added_at = excluded.added_at, added_by = excluded.added_by;

-- name: remove_factor(account, kind, id)!
DELETE FROM account_factor WHERE account = :account AND kind = :kind AND id = :id;

-- name: use_step(account, step)!
INSERT INTO account_use (account, step) VALUES (:account, :step)
ON CONFLICT (account) DO UPDATE SET step = excluded.step WHERE account_use.step < excluded.step;

-- name: insert_session(id, account, way, opened_at, ends_at, seen_at, address, browser, mac)!
INSERT INTO account_session (id, account, way, opened_at, ends_at, seen_at, address, browser, mac)
VALUES (:id, :account, :way, :opened_at, :ends_at, :seen_at, :address, :browser, :mac);

-- name: get_session(id)^
SELECT * FROM account_session WHERE id = :id;

-- name: running_sessions(now)
SELECT id, account, way, opened_at, ends_at, seen_at, address, browser, ended_at, ended_by
FROM account_session WHERE ended_at IS NULL AND ends_at > :now ORDER BY opened_at DESC, id;

-- name: running_sessions_of(account, now)
SELECT id, account, way, opened_at, ends_at, seen_at, address, browser, ended_at, ended_by
FROM account_session WHERE account = :account AND ended_at IS NULL AND ends_at > :now
ORDER BY opened_at DESC, id;

-- name: seen(id, at)!
UPDATE account_session SET seen_at = :at WHERE id = :id AND ended_at IS NULL AND seen_at < :at;

-- name: end_session(id, at, by)!
UPDATE account_session SET ended_at = :at, ended_by = :by, mac = '' WHERE id = :id AND ended_at IS NULL;

-- name: forget_sessions(account, before)!
DELETE FROM account_session WHERE account = :account AND ends_at < :before;
