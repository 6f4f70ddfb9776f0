-- Of this node: its decisions are numbered without a gap.
-- name: last()^
SELECT seq, decided_at, behind_us FROM decision WHERE node = current_setting('dialpact.node')
ORDER BY seq DESC LIMIT 1;

-- name: forked()^
SELECT forked FROM ledger_log WHERE node = current_setting('dialpact.node');
