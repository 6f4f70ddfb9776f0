-- Receivers outside. Every node tells what its own log says, and has its own place in it; what a person does to a
-- receiver, he does for all nodes.

-- name: begin(name, at)!
INSERT INTO webhook (name, since, looked_at, next_leaf)
VALUES (:name, :at, :at, (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger
  WHERE node = current_setting('dialpact.node')))
ON CONFLICT DO NOTHING;

-- name: states()
SELECT name, since, next_leaf, looked_at, failures, failing_since, why, paused_until, disabled_at, delivered,
       delivered_at, told,
       (SELECT count(*) FROM webhook_delivery AS one
        WHERE one.node = webhook.node AND one.hook = webhook.name AND one.state = 'waiting') AS waiting,
       (SELECT count(*) FROM webhook_delivery AS one
        WHERE one.node = webhook.node AND one.hook = webhook.name AND one.state = 'dead') AS dead,
       (SELECT made_at FROM webhook_delivery AS one
        WHERE one.node = webhook.node AND one.hook = webhook.name AND one.state = 'waiting'
        ORDER BY seq LIMIT 1) AS oldest
FROM webhook WHERE node = current_setting('dialpact.node') ORDER BY name;

-- name: state(name)^
SELECT * FROM webhook WHERE node = current_setting('dialpact.node') AND name = :name;

-- name: blocked(first, end)
SELECT l.leaf_index, d.id, d.node, d.decided_at, d.number, d.given, d.caller_id, d.campaign, d.business, d.agent,
       d.trunk, d.reasons, d.retry_at, d.mode, d.continues, '' AS undelivered,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l JOIN decision AS d ON d.id = l.key
WHERE l.node = current_setting('dialpact.node') AND l.leaf_index >= :first AND l.leaf_index < :end
  AND l.kind = 'decision' AND l.salt IS NOT NULL
  AND d.verdict = 'BLOCK'
ORDER BY l.leaf_index;

-- name: taken_back(first, end)
SELECT l.leaf_index, d.id, d.node, u.at AS decided_at, d.number, d.given, d.caller_id, d.campaign, d.business, d.agent,
       d.trunk, d.reasons, d.retry_at, d.mode, d.continues, u.reason AS undelivered,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l JOIN undelivered AS u ON u.decision = l.key
     JOIN decision AS d ON d.id = u.decision
WHERE l.node = current_setting('dialpact.node') AND l.leaf_index >= :first AND l.leaf_index < :end
  AND l.kind = 'undelivered' AND d.verdict = 'ALLOW'
ORDER BY l.leaf_index;

-- name: opted_out(first, end)
SELECT l.leaf_index, c.at, c.actor, c.action, c.key, c.detail, coalesce(o.how, '') AS how,
  coalesce(o.by, c.actor) AS by,
       coalesce(o.decision, '') AS decision, coalesce(d.business, '') AS business
FROM ledger AS l JOIN register_change AS c ON c.seq = CAST(l.key AS bigint)
     LEFT JOIN opt_out AS o ON o.seq = (
         SELECT min(seq) FROM opt_out
         WHERE number = CASE WHEN c.key ~ '^[+][0-9]{1,18}$' THEN CAST(substr(c.key, 2) AS bigint) END AND at = c.at
           AND scope = CAST(c.detail AS json) ->> 'scope' AND value = CAST(c.detail AS json) ->> 'value')
     LEFT JOIN decision AS d ON d.id = o.decision
WHERE l.node = current_setting('dialpact.node') AND l.leaf_index >= :first AND l.leaf_index < :end
  AND l.kind = 'register-change'
  AND c.register = 'dnc' AND c.action IN ('add', 'import')
ORDER BY l.leaf_index;

-- name: failed(first, end)
SELECT l.leaf_index, r.id, r.decision, r.node, r.number, r.caller_id, r.campaign, coalesce(d.business, '') AS business,
       r.started_at, r.answered_at, r.ended_at, r.seconds, r.talk_seconds,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = r.caller_id) AS issued
FROM ledger AS l JOIN recording AS r ON r.id = l.key LEFT JOIN decision AS d ON d.id = r.decision
WHERE l.node = current_setting('dialpact.node') AND l.leaf_index >= :first AND l.leaf_index < :end
  AND l.kind = 'recording' AND l.salt IS NOT NULL
  AND r.state = 'failed'
ORDER BY l.leaf_index;

-- name: incidents(first, end)
SELECT l.leaf_index, i.seq, i.at, i.node, i.kind, i.decision, i.channel, i.detail, coalesce(d.business, '') AS business,
       d.number, d.given, d.caller_id,
       EXISTS (SELECT 1 FROM caller_id WHERE caller_id.number = d.caller_id) AS issued
FROM ledger AS l JOIN incident AS i ON i.seq = CAST(l.key AS bigint)
     LEFT JOIN decision AS d ON d.id = i.decision AND i.decision <> ''
WHERE l.node = current_setting('dialpact.node') AND l.leaf_index >= :first AND l.leaf_index < :end
  AND l.kind = 'incident'
ORDER BY l.leaf_index;

-- name: move(name, before, next_leaf, at)!
UPDATE webhook SET next_leaf = :next_leaf, looked_at = :at
WHERE node = current_setting('dialpact.node') AND name = :name AND next_leaf = :before;

-- name: insert_told(hook, key, at)!
INSERT INTO webhook_told (hook, key, at) VALUES (:hook, :key, :at) ON CONFLICT DO NOTHING;

-- name: insert_delivery(hook, id, type, subjects, body, happened_at, at)!
INSERT INTO webhook_delivery (hook, id, type, subjects, body, happened_at, made_at, state, next_at)
VALUES (:hook, :id, :type, :subjects, :body, :happened_at, :at, 'waiting', :at)
ON CONFLICT DO NOTHING;

-- name: told(hook, keys)
SELECT key FROM webhook_told WHERE hook = :hook AND key IN (SELECT jsonb_array_elements_text(CAST(:keys AS jsonb)));

-- name: waiting(hook)
SELECT seq, subjects, next_at FROM webhook_delivery
WHERE node = current_setting('dialpact.node') AND hook = :hook AND state = 'waiting' ORDER BY seq;

-- name: sending(seqs)
SELECT seq, id, type, body, made_at, attempts FROM webhook_delivery
WHERE seq IN (SELECT CAST(jsonb_array_elements_text(CAST(:seqs AS jsonb)) AS bigint))
  AND state = 'waiting' ORDER BY seq;

-- name: mark(seq, state, at, why, away, next_at)!
UPDATE webhook_delivery
SET state = :state, attempts = attempts + 1, last_at = :at, why = :why, away = :away, next_at = :next_at,
    body = CASE WHEN CAST(:state AS text) = 'delivered' THEN NULL ELSE body END
WHERE seq = :seq AND state = 'waiting';

-- name: wake(hook, at)!
UPDATE webhook_delivery SET next_at = :at, attempts = greatest(attempts - 1, 0)
WHERE node = current_setting('dialpact.node') AND hook = :hook AND state = 'waiting' AND away = 1 AND next_at > :at;

-- name: put_state(name, failures, failing_since, why, paused_until, delivered, delivered_at, told)!
UPDATE webhook SET failures = :failures, failing_since = :failing_since, why = :why, paused_until = :paused_until,
       delivered = :delivered, delivered_at = :delivered_at, told = :told
WHERE node = current_setting('dialpact.node') AND name = :name;

-- name: unsent(name, why, at, sick)!
UPDATE webhook SET why = :why, failures = greatest(failures, :sick), failing_since = coalesce(failing_since, :at)
WHERE node = current_setting('dialpact.node') AND name = :name;

-- name: disable(name, at, why)!
UPDATE webhook SET disabled_at = :at, why = :why WHERE node = current_setting('dialpact.node')
  AND name = :name AND disabled_at IS NULL;

-- name: drop_old(hook, made_before)!
DELETE FROM webhook_delivery WHERE node = current_setting('dialpact.node') AND hook = :hook AND made_at < :made_before;

-- name: drop_delivered(hook, kept)!
DELETE FROM webhook_delivery
WHERE node = current_setting('dialpact.node') AND hook = :hook AND state = 'delivered'
  AND seq <= (SELECT seq FROM webhook_delivery WHERE node = current_setting('dialpact.node')
    AND hook = :hook AND state = 'delivered'
              ORDER BY seq DESC LIMIT 1 OFFSET :kept);

-- name: list_deliveries(hooks, state, after, most)
SELECT seq, id, hook, type, state, made_at, attempts, last_at, next_at, why FROM webhook_delivery
WHERE (CAST(:hooks AS text) IS NULL OR hook IN (SELECT jsonb_array_elements_text(CAST(:hooks AS jsonb))))
  AND (:state = '' OR state = :state) AND seq < :after
ORDER BY seq DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: dead_of(hooks, id)
SELECT DISTINCT hook FROM webhook_delivery
WHERE state = 'dead' AND (CAST(:hooks AS text) IS NULL OR hook
  IN (SELECT jsonb_array_elements_text(CAST(:hooks AS jsonb)))) AND (:id = '' OR id = :id)
ORDER BY hook;

-- name: untell(name)!
UPDATE webhook SET told = 0
WHERE name = :name AND NOT EXISTS (
    SELECT 1 FROM webhook_delivery AS one
    WHERE one.node = webhook.node AND one.hook = webhook.name AND one.state = 'dead');

-- name: skip(name)!
UPDATE webhook SET next_leaf = (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger WHERE ledger.node = webhook.node)
WHERE name = :name;

-- name: day_decisions(since, until, business)
SELECT verdict, CAST(reasons AS json) ->> 0 AS reason, count(*) AS count FROM decision
WHERE decided_at >= :since AND decided_at < :until AND (:business = '' OR business = :business)
GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST;

-- name: day_undelivered(since, until, business)
SELECT undelivered.reason, count(*) AS count FROM decision JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until AND verdict = 'ALLOW' AND (:business = '' OR business = :business)
GROUP BY undelivered.reason ORDER BY undelivered.reason;

-- name: day_opt_outs(since, until, business)^
SELECT count(*) AS count FROM register_change AS c
WHERE c.register = 'dnc' AND c.action = 'add' AND c.at >= :since AND c.at < :until
  AND (:business = '' OR CAST(c.detail AS json) ->> 'value' = :business
       OR EXISTS (SELECT 1 FROM opt_out AS o JOIN decision AS d ON d.id = o.decision
                  WHERE o.number = CASE WHEN c.key ~ '^[+][0-9]{1,18}$' THEN CAST(substr(c.key, 2) AS bigint) END
                    AND o.at = c.at
                    AND o.scope = CAST(c.detail AS json) ->> 'scope' AND o.value = CAST(c.detail AS json) ->> 'value'
                    AND d.business = :business));
