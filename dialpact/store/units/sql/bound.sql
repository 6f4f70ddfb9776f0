-- The acts of a register, and its rows: what `ledger verify` and the housekeeping hold against each other.

-- name: acts(register, key, seq, most)
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = :register AND (key, seq) > (:key, :seq) ORDER BY key, seq LIMIT :most;

-- name: acts_of(register, action, seq, most)
SELECT seq, at, actor, action, key, detail FROM register_change
WHERE register = :register AND action = :action AND seq > :seq ORDER BY seq LIMIT :most;

-- Their numbers have no gap: what is taken back takes its number back. (The last one that was given, SQLite keeps.)
-- name: acts_gone()^
SELECT max(ifnull((SELECT max(seq) FROM register_change), 0),
           ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'register_change'), 0))
       - (SELECT count(*) FROM register_change WHERE seq > 0);

-- name: last_act()^
SELECT ifnull(max(seq), 0) FROM register_change;

-- name: differences(register)
SELECT DISTINCT key FROM register_difference WHERE register = :register ORDER BY key;

-- name: last_decided()^
SELECT max(decided_at) FROM decision;

-- name: blocked(since)
SELECT id, decided_at, record FROM decision
WHERE decided_at >= :since AND verdict = 'BLOCK' AND mode = 'enforce' ORDER BY decided_at;

-- name: counted(since)
SELECT kind, key, at, decision FROM refused WHERE at >= :since ORDER BY kind, key, at;

-- The rows of a key in the log, by the table.

-- name: rows_business(id)
SELECT * FROM business WHERE id = :id;

-- name: rows_campaign(id)
SELECT * FROM campaign WHERE id = :id;

-- name: rows_caller_id(number)
SELECT * FROM caller_id WHERE number = :number;

-- name: rows_script(id)
SELECT * FROM script WHERE id = :id;

-- name: rows_suspension(kind, key)
SELECT * FROM suspension WHERE kind = :kind AND key = :key;

-- name: rows_complaint(id)
SELECT * FROM complaint WHERE id = :id;

-- name: rows_registration(holder, id)
SELECT * FROM registration WHERE holder = :holder AND id = :id;

-- name: rows_api_key(id)
SELECT * FROM api_key WHERE id = :id;

-- name: rows_account(id)
SELECT * FROM account WHERE id = :id;

-- name: rows_account_factor(account)
SELECT * FROM account_factor WHERE account = :account;

-- name: rows_approval(id)
SELECT * FROM approval WHERE id = :id;

-- name: rows_batch(id)
SELECT * FROM batch WHERE id = :id;

-- Rows of whose key the log says nothing.

-- name: unlogged_business()
SELECT * FROM business
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'business' AND key = business.id);

-- name: unlogged_campaign()
SELECT * FROM campaign
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'campaign' AND key = campaign.id);

-- name: unlogged_api_key()
SELECT * FROM api_key
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'api-key' AND key = api_key.id);

-- name: unlogged_account()
SELECT * FROM account
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'account' AND key = account.id);

-- name: unlogged_account_factor()
SELECT * FROM account_factor
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'account-factor' AND key = account_factor.account);

-- name: unlogged_approval()
SELECT * FROM approval
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'approval' AND key = CAST(approval.id AS TEXT));

-- name: unlogged_caller_id()
SELECT * FROM caller_id
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'caller-id' AND key = caller_id.number);

-- name: unlogged_script()
SELECT * FROM script
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'script' AND key = script.id);

-- name: unlogged_suspension()
SELECT * FROM suspension
WHERE NOT EXISTS (SELECT 1 FROM register_change
                  WHERE register = 'suspension' AND key = suspension.kind || ' ' || suspension.key);

-- name: unlogged_complaint()
SELECT * FROM complaint
WHERE NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'complaint' AND key = CAST(complaint.id AS TEXT));

-- name: unlogged_registration()
SELECT * FROM registration
WHERE NOT EXISTS (SELECT 1 FROM register_change
                  WHERE register = 'registration' AND key = registration.holder || ' ' || registration.id);

-- One whose time of withdrawal is empty is not all in, and nobody's yet (arriving.sql): nothing of it is dialled.
-- name: unlogged_batch()
SELECT * FROM batch
WHERE withdrawn_at IS NOT ''
  AND NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'leads' AND key = CAST(batch.id AS TEXT));
