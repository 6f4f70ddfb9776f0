-- Receivers outside, and the outbox of what they are told.

-- name: begin(name, at)!
INSERT OR IGNORE INTO webhook (name, since, looked_at, next_leaf)
VALUES (:name, :at, :at, (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger));

-- name: states()
SELECT webhook.*,
       (SELECT count(*) FROM webhook_delivery WHERE hook = name AND state = 'waiting') AS waiting,
       (SELECT count(*) FROM webhook_delivery WHERE hook = name AND state = 'dead') AS dead,
       (SELECT made_at FROM webhook_delivery WHERE hook = name AND state = 'waiting' ORDER BY seq LIMIT 1) AS oldest
FROM webhook ORDER BY name;

-- name: state(name)^
SELECT * FROM webhook WHERE name = :name;

-- What a part of the log says, in its order. (The log is read by its own key; a row that was erased says nothing.)

-- name: blocked(first, end)
SELECT l.leaf_index, d.id, d.node, d.decided_at, d.number, d.given, d.caller_id, d.campaign, d.business, d.agent,
       d.trunk, d.reasons, d.retry_at, d.mode, d.continues, '' AS undelivered,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l NOT INDEXED CROSS JOIN decision AS d ON d.id = l.key
WHERE l.leaf_index >= :first AND l.leaf_index < :end AND l.kind = 'decision' AND l.salt IS NOT NULL
  AND d.verdict = 'BLOCK'
ORDER BY l.leaf_index;

-- name: taken_back(first, end)
SELECT l.leaf_index, d.id, d.node, u.at AS decided_at, d.number, d.given, d.caller_id, d.campaign, d.business, d.agent,
       d.trunk, d.reasons, d.retry_at, d.mode, d.continues, u.reason AS undelivered,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l NOT INDEXED CROSS JOIN undelivered AS u ON u.decision = l.key
     CROSS JOIN decision AS d ON d.id = u.decision
WHERE l.leaf_index >= :first AND l.leaf_index < :end AND l.kind = 'undelivered' AND d.verdict = 'ALLOW'
ORDER BY l.leaf_index;

-- How and in which call: the row that was written with it.
-- name: opted_out(first, end)
SELECT l.leaf_index, c.at, c.actor, c.action, c.key, c.detail, coalesce(o.how, '') AS how, coalesce(o.by, c.actor) AS by,
       coalesce(o.decision, '') AS decision, coalesce(d.business, '') AS business
FROM ledger AS l NOT INDEXED CROSS JOIN register_change AS c ON c.seq = CAST(l.key AS INTEGER)
     LEFT JOIN opt_out AS o ON o.seq = (SELECT min(seq) FROM opt_out
                                        WHERE number = CAST(substr(c.key, 2) AS INTEGER) AND at = c.at
                                          AND scope = json_extract(c.detail, '$.scope')
                                          AND value = json_extract(c.detail, '$.value'))
     LEFT JOIN decision AS d ON d.id = o.decision
WHERE l.leaf_index >= :first AND l.leaf_index < :end AND l.kind = 'register-change'
  AND c.register = 'dnc' AND c.action IN ('add', 'import')
ORDER BY l.leaf_index;

-- name: failed(first, end)
SELECT l.leaf_index, r.id, r.decision, r.node, r.number, r.caller_id, r.campaign, coalesce(d.business, '') AS business,
       r.started_at, r.answered_at, r.ended_at, r.seconds, r.talk_seconds,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = r.caller_id) AS issued
FROM ledger AS l NOT INDEXED CROSS JOIN recording AS r ON r.id = l.key LEFT JOIN decision AS d ON d.id = r.decision
WHERE l.leaf_index >= :first AND l.leaf_index < :end AND l.kind = 'recording' AND l.salt IS NOT NULL
  AND r.state = 'failed'
ORDER BY l.leaf_index;

-- name: incidents(first, end)
SELECT l.leaf_index, i.seq, i.at, i.node, i.kind, i.decision, i.channel, i.detail, coalesce(d.business, '') AS business,
       d.number, d.given, d.caller_id,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l NOT INDEXED CROSS JOIN incident AS i ON i.seq = CAST(l.key AS INTEGER)
     LEFT JOIN decision AS d ON d.id = i.decision AND i.decision <> ''
WHERE l.leaf_index >= :first AND l.leaf_index < :end AND l.kind = 'incident'
ORDER BY l.leaf_index;

-- The outbox.

-- name: move(name, before, next_leaf, at)!
UPDATE webhook SET next_leaf = :next_leaf, looked_at = :at WHERE name = :name AND next_leaf = :before;

-- name: insert_told(hook, key, at)!
INSERT OR IGNORE INTO webhook_told (hook, key, at) VALUES (:hook, :key, :at);

-- name: insert_delivery(hook, id, type, subjects, body, happened_at, at)!
INSERT OR IGNORE INTO webhook_delivery (hook, id, type, subjects, body, happened_at, made_at, state, next_at)
VALUES (:hook, :id, :type, :subjects, :body, :happened_at, :at, 'waiting', :at);

-- name: told(hook, keys)
SELECT key FROM webhook_told WHERE hook = :hook AND key IN (SELECT value FROM json_each(:keys));

-- name: waiting(hook)
SELECT seq, subjects, next_at FROM webhook_delivery WHERE hook = :hook AND state = 'waiting' ORDER BY seq;

-- name: sending(seqs)
SELECT seq, id, type, body, made_at, attempts FROM webhook_delivery
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND state = 'waiting' ORDER BY seq;

-- A body that has arrived is needed no more.
-- name: mark(seq, state, at, why, away, next_at)!
UPDATE webhook_delivery
SET state = :state, attempts = attempts + 1, last_at = :at, why = :why, away = :away, next_at = :next_at,
    body = iif(:state = 'delivered', NULL, body)
WHERE seq = :seq AND state = 'waiting';

-- The receiver answers again: what failed since it was away is due, and that sending does not count.
-- name: wake(hook, at)!
UPDATE webhook_delivery SET next_at = :at, attempts = max(attempts - 1, 0)
WHERE hook = :hook AND state = 'waiting' AND away = 1 AND next_at > :at;

-- name: put_state(name, failures, failing_since, why, paused_until, delivered, delivered_at, told)!
UPDATE webhook SET failures = :failures, failing_since = :failing_since, why = :why, paused_until = :paused_until,
       delivered = :delivered, delivered_at = :delivered_at, told = :told
WHERE name = :name;

-- name: unsent(name, why, at, sick)!
UPDATE webhook SET why = :why, failures = max(failures, :sick), failing_since = coalesce(failing_since, :at)
WHERE name = :name;

-- name: disable(name, at, why)!
UPDATE webhook SET disabled_at = :at, why = :why WHERE name = :name AND disabled_at IS NULL;

-- name: drop_old(hook, made_before)!
DELETE FROM webhook_delivery WHERE hook = :hook AND made_at < :made_before;

-- name: drop_delivered(hook, kept)!
DELETE FROM webhook_delivery
WHERE hook = :hook AND state = 'delivered'
  AND seq <= (SELECT seq FROM webhook_delivery WHERE hook = :hook AND state = 'delivered'
              ORDER BY seq DESC LIMIT 1 OFFSET :kept);

-- name: drop_told(hook, told_before)!
DELETE FROM webhook_told WHERE hook = :hook AND at < :told_before;

-- name: list_deliveries(hooks, state, after, most)
SELECT seq, id, hook, type, state, made_at, attempts, last_at, next_at, why FROM webhook_delivery
WHERE (:hooks IS NULL OR hook IN (SELECT value FROM json_each(:hooks)))
  AND (:state = '' OR state = :state) AND seq < :after
ORDER BY seq DESC LIMIT :most;

-- name: get_delivery(id)^
SELECT seq, id, hook, type, state, made_at, attempts, last_at, next_at, why, body FROM webhook_delivery WHERE id = :id;

-- name: replay(hook, id, at)!
UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = :at, away = 0
WHERE hook = :hook AND state = 'dead' AND (:id = '' OR id = :id);

-- name: dead_of(hooks, id)
SELECT DISTINCT hook FROM webhook_delivery
WHERE state = 'dead' AND (:hooks IS NULL OR hook IN (SELECT value FROM json_each(:hooks))) AND (:id = '' OR id = :id)
ORDER BY hook;

-- name: untell(name)!
UPDATE webhook SET told = 0
WHERE name = :name AND NOT EXISTS (SELECT 1 FROM webhook_delivery WHERE hook = :name AND state = 'dead');

-- name: enable(name)!
UPDATE webhook SET disabled_at = NULL, failures = 0, failing_since = NULL, paused_until = NULL WHERE name = :name;

-- name: due_now(hook, at)!
UPDATE webhook_delivery SET next_at = :at, attempts = 0 WHERE hook = :hook AND state = 'waiting';

-- name: skip(name)!
UPDATE webhook SET next_leaf = (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger) WHERE name = :name;

-- name: drop_waiting(hook)!
DELETE FROM webhook_delivery WHERE hook = :hook AND state = 'waiting';

-- name: drop_all(hook)!
DELETE FROM webhook_delivery WHERE hook = :hook;

-- name: drop_all_told(hook)!
DELETE FROM webhook_told WHERE hook = :hook;

-- name: drop_hook(name)!
DELETE FROM webhook WHERE name = :name;

-- What is told by the clock.

-- name: open_complaints()
SELECT complaint.id, complaint.number, complaint.called_at, complaint.source, complaint.caller_id, complaint.campaign,
       complaint.agent, complaint.decision, complaint.note, complaint.received_at, complaint.due, complaint.status,
       complaint.answered_at, complaint.answer, coalesce(decision.business, '') AS business
FROM complaint LEFT JOIN decision ON decision.id = complaint.decision AND complaint.decision <> ''
WHERE complaint.status = 'open' ORDER BY complaint.id;

-- name: day_decisions(since, until, business)
SELECT verdict, json_extract(reasons, '$[0]') AS reason, count(*) AS count FROM decision
WHERE decided_at >= :since AND decided_at < :until AND (:business = '' OR business = :business)
GROUP BY verdict, reason;

-- name: day_undelivered(since, until, business)
SELECT undelivered.reason, count(*) AS count FROM decision JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until AND verdict = 'ALLOW' AND (:business = '' OR business = :business)
GROUP BY undelivered.reason;

-- By the day on which the recording ended; none lasts for more than a day. (Calls have an index by time.)
-- name: day_recordings(begun, since, until, business)
SELECT recording.state, count(*) AS count FROM decision JOIN recording ON recording.decision = decision.id
WHERE decision.decided_at >= :begun AND decision.decided_at < :until AND decision.dial <> ''
  AND recording.ended_at >= :since AND recording.ended_at < :until
  AND (:business = '' OR decision.business = :business)
GROUP BY recording.state;

-- name: day_incidents(since, until, business)
SELECT incident.kind, count(*) AS count FROM incident LEFT JOIN decision ON decision.id = incident.decision
WHERE incident.at >= :since AND incident.at < :until AND (:business = '' OR decision.business = :business)
GROUP BY incident.kind ORDER BY count DESC, incident.kind;

-- name: day_opt_outs(since, until, business)^
SELECT count(*) AS count FROM register_change AS c
WHERE c.register = 'dnc' AND c.action = 'add' AND c.at >= :since AND c.at < :until
  AND (:business = '' OR json_extract(c.detail, '$.value') = :business
       OR EXISTS (SELECT 1 FROM opt_out AS o JOIN decision AS d ON d.id = o.decision
                  WHERE o.number = CAST(substr(c.key, 2) AS INTEGER) AND o.at = c.at
                    AND o.scope = json_extract(c.detail, '$.scope') AND o.value = json_extract(c.detail, '$.value')
                    AND d.business = :business));
