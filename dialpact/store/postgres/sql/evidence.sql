-- As units/sql/evidence.sql. What is proven is in the log of the node that asks: its acts and checkpoints.

-- name: calls_of(number, caller_id, since, until, businesses, most)
SELECT id FROM decision
WHERE number = :number AND (CAST(:caller_id AS text) = '' OR caller_id = CAST(:caller_id AS text))
  AND (CAST(:since AS text) = '' OR decided_at BETWEEN CAST(:since AS text) AND CAST(:until AS text))
  AND (CAST(:businesses AS text) = '[]'
       OR business IN (SELECT jsonb_array_elements_text(CAST(CAST(:businesses AS text) AS jsonb))))
ORDER BY seq, node LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: businesses_of(ids)
SELECT DISTINCT business FROM decision WHERE id IN (SELECT jsonb_array_elements_text(CAST(:ids AS jsonb)));

-- name: batches(number, campaign)
SELECT batch.* FROM lead JOIN batch ON batch.id = lead.batch
WHERE lead.number = :number AND batch.campaign = :campaign AND batch.withdrawn_at IS DISTINCT FROM ''  -- all in
ORDER BY batch.id;

-- Without the node: whose log has it is no part of what an act says.
-- name: changes(register, key)
SELECT seq, at, actor, register, action, key, detail FROM register_change
WHERE register = :register AND key = :key ORDER BY seq;

-- The unit's own: another node may have logged the like meanwhile.
-- name: newest_change(register, action, key)^
SELECT max(seq) FROM register_change
WHERE register = :register AND key = :key AND action = :action AND node = current_setting('dialpact.node');

-- name: imports(register, at)
SELECT seq, at, actor, register, action, key, detail FROM register_change
WHERE register = :register AND action = 'import' AND at = :at ORDER BY seq;

-- name: checkpoints(size)
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node') AND size < :size
ORDER BY size, at;

-- name: erasure(leaf_index)^
SELECT seq, at, actor, register, action, key, detail FROM register_change
WHERE register = 'ledger' AND action = 'erase' AND node = current_setting('dialpact.node')
  AND EXISTS (SELECT 1 FROM json_array_elements(CAST(detail AS json) -> 'leaves') AS run
              WHERE CAST(:leaf_index AS bigint) BETWEEN CAST(run ->> 0 AS bigint) AND CAST(run ->> 1 AS bigint))
ORDER BY seq LIMIT 1;
