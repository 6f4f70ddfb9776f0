-- What belongs to a call. Every row whole: a package that leaves a column out can not prove the row.

-- name: calls_of(number, caller_id, since, until, businesses, most)
SELECT id FROM decision
WHERE number = :number AND (:caller_id = '' OR caller_id = :caller_id)
  AND (:since = '' OR decided_at BETWEEN :since AND :until)
  AND (:businesses = '[]' OR business IN (SELECT value FROM json_each(:businesses)))
ORDER BY seq LIMIT :most;

-- name: businesses_of(ids)
SELECT DISTINCT business FROM decision WHERE id IN (SELECT value FROM json_each(:ids));

-- name: decision(id)^
SELECT * FROM decision WHERE id = :id;

-- name: undelivered(id)^
SELECT * FROM undelivered WHERE decision = :id;

-- name: recordings(id)
SELECT * FROM recording WHERE decision = :id ORDER BY started_at, id;

-- name: carrier_legs(id)
SELECT * FROM carrier_leg WHERE decision = :id ORDER BY dialled_at, id;

-- name: incidents(id)
SELECT * FROM incident WHERE decision = :id ORDER BY seq;

-- name: opt_outs(number)
SELECT * FROM opt_out WHERE number = :number ORDER BY seq;

-- name: do_not_call(number)
SELECT * FROM dnc_now WHERE number = :number ORDER BY requested_at, scope, value;

-- name: consents(number, business)
SELECT * FROM consent_now WHERE number = :number AND business = :business ORDER BY granted_at, industry;

-- name: batches(number, campaign)
SELECT batch.* FROM lead JOIN batch ON batch.id = lead.batch
WHERE lead.number = :number AND batch.campaign = :campaign AND batch.withdrawn_at IS NOT ''  -- all in
ORDER BY batch.id;

-- name: script(id, version)^
SELECT * FROM script WHERE id = :id AND version = :version;

-- (That it was closed is told by its acts, which are in a package too.)
-- name: complaints_about(decision)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer FROM complaint WHERE decision = :decision ORDER BY id;

-- name: complaint(id)^
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer FROM complaint WHERE id = :id;

-- name: changes(register, key)
SELECT * FROM register_change WHERE register = :register AND key = :key ORDER BY seq;

-- name: newest_change(register, action, key)^
SELECT max(seq) FROM register_change WHERE register = :register AND key = :key AND action = :action;

-- name: imports(register, at)
SELECT * FROM register_change WHERE register = :register AND action = 'import' AND at = :at ORDER BY seq;

-- name: checkpoints(size)
SELECT size, at, note FROM checkpoint WHERE size < :size ORDER BY size, at;

-- name: erasure(leaf_index)^
SELECT * FROM register_change
WHERE register = 'ledger' AND action = 'erase'
  AND EXISTS (SELECT 1 FROM json_each(detail, '$.leaves') AS run
              WHERE :leaf_index BETWEEN json_extract(run.value, '$[0]') AND json_extract(run.value, '$[1]'))
ORDER BY seq LIMIT 1;
