-- name: last()^
SELECT seq, decided_at, behind_us FROM decision WHERE seq = (SELECT max(seq) FROM decision);

-- name: is_recorded(id)^
SELECT dial <> '' AS through FROM decision WHERE id = :id;

-- name: insert_decision(seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign, business, agent, trunk, channel, uniqueid, attack, retry_at, mode, behind_us, continues, record)!
INSERT INTO decision (seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign,
                      business, agent, trunk, channel, uniqueid, attack, retry_at, mode, behind_us, continues, record)
VALUES (:seq, :id, :node, :decided_at, :verdict, :reasons, :number, :given, :dial, :caller_id, :campaign,
        :business, :agent, :trunk, :channel, :uniqueid, :attack, :retry_at, :mode, :behind_us, :continues, :record);

-- Not of one that a leg uses: it was told, whatever the gate has heard of that, and its call counts.
-- name: insert_undelivered(decision, at, reason)!
INSERT INTO undelivered (decision, at, reason)
SELECT :decision, :at, :reason WHERE EXISTS (SELECT 1 FROM decision WHERE id = :decision)
    AND NOT EXISTS (SELECT 1 FROM recording WHERE recording.decision = :decision)
ON CONFLICT DO NOTHING;

-- name: forked()^
SELECT forked FROM ledger_log WHERE log = 1;
