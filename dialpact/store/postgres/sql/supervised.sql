-- Of whichever node's log the end was lost.
-- name: lost(since, before)^
SELECT 1 FROM register_change AS resumed
WHERE resumed.register = 'ledger' AND resumed.action = 'resume' AND resumed.at > :since
  AND coalesce((SELECT max(checkpoint.at) FROM checkpoint
                WHERE checkpoint.node = resumed.node AND checkpoint.at < resumed.at), '') < :before LIMIT 1;

-- Who asks has just made it, alone of his node.
-- name: last_act()^
SELECT seq FROM register_change WHERE node = current_setting('dialpact.node') ORDER BY seq DESC LIMIT 1;

-- name: last_rotation()^
SELECT seq FROM register_change
WHERE node = current_setting('dialpact.node') AND register = 'ledger' AND action IN ('rotate', 'resume')
ORDER BY seq DESC LIMIT 1;
