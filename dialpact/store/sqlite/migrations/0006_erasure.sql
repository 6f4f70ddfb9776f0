-- Erasing a call's record when its time is over: its numbers and inputs go, and with them the leaf's salt, so that
-- nobody can find the number by trying them all. What stays: that there was a decision, when, and which.

-- Of a call without a recording too.
CREATE VIEW call_under_hold AS
SELECT decision.id AS decision
FROM decision JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'call' AND hold.key = decision.id) OR (hold.scope = 'callee' AND hold.key = decision.number)
    OR (hold.scope = 'recording' AND hold.key IN (SELECT id FROM recording WHERE recording.decision = decision.id)));

CREATE TRIGGER ledger_erased_with_leave BEFORE UPDATE OF salt ON ledger WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL
BEGIN
    SELECT RAISE(ABORT, 'only the records of calls are erased') WHERE OLD.kind NOT IN ('decision', 'recording');
    SELECT RAISE(ABORT, 'a recording of this call is still kept')
    WHERE EXISTS (SELECT 1 FROM recording
                  WHERE (OLD.kind = 'recording' AND id = OLD.key OR OLD.kind = 'decision' AND decision = OLD.key)
                    AND (ended_at IS NULL OR keep_until IS NOT NULL AND disposed_at IS NULL));
    SELECT RAISE(ABORT, 'this call is under a legal hold')
    WHERE EXISTS (SELECT 1 FROM call_under_hold
                  WHERE decision = iif(OLD.kind = 'decision', OLD.key,
                                       (SELECT decision FROM recording WHERE id = OLD.key)));
    SELECT RAISE(ABORT, 'a complaint about this call is still open')
    WHERE EXISTS (SELECT 1 FROM complaint
                  WHERE status = 'open'
                    AND (OLD.kind = 'decision' AND decision = OLD.key
                         OR OLD.kind = 'recording'
                            AND decision = (SELECT decision FROM recording WHERE id = OLD.key)));
    SELECT RAISE(ABORT, 'an erasure is logged first')
    WHERE NOT EXISTS (SELECT 1 FROM json_each((SELECT detail FROM register_change
                                               WHERE register = 'ledger' AND action = 'erase'
                                               ORDER BY seq DESC LIMIT 1), '$.leaves') AS run
                      WHERE OLD.leaf_index BETWEEN json_extract(run.value, '$[0]')
                                               AND json_extract(run.value, '$[1]'));
END;

-- Who takes the salt takes the content: the two can not be had apart.
CREATE TRIGGER ledger_erases_decision AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'decision'
BEGIN
    UPDATE decision SET number = '', given = '', dial = iif(dial = '', '', 'erased'), caller_id = '', agent = '',
        channel = '', uniqueid = '', attack = '', retry_at = NULL, record = ''
    WHERE id = NEW.key;
END;
CREATE TRIGGER ledger_erases_recording AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'recording'
BEGIN UPDATE recording SET number = '', caller_id = '', channel = '', uniqueid = '' WHERE id = NEW.key; END;

DROP TRIGGER decision_is_final;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision
WHEN NOT (
    NEW.seq IS OLD.seq AND NEW.id IS OLD.id AND NEW.node IS OLD.node AND NEW.decided_at IS OLD.decided_at
    AND NEW.behind_us IS OLD.behind_us AND NEW.verdict IS OLD.verdict AND NEW.reasons IS OLD.reasons
    AND NEW.campaign IS OLD.campaign AND NEW.business IS OLD.business AND NEW.trunk IS OLD.trunk
    AND NEW.mode IS OLD.mode
    AND NEW.number = '' AND NEW.given = '' AND NEW.dial IS iif(OLD.dial = '', '', 'erased') AND NEW.caller_id = ''
    AND NEW.agent = '' AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.attack = '' AND NEW.retry_at IS NULL
    AND NEW.record = ''
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'decision' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a decision is never changed, only erased with its salt'); END;

DROP TRIGGER recording_end_is_final;
CREATE TRIGGER recording_end_is_final BEFORE UPDATE ON recording
WHEN OLD.ended_at IS NOT NULL AND (
    NEW.id IS NOT OLD.id OR NEW.decision IS NOT OLD.decision OR NEW.node IS NOT OLD.node
    OR NEW.campaign IS NOT OLD.campaign
    OR NEW.started_at IS NOT OLD.started_at OR NEW.answered_at IS NOT OLD.answered_at
    OR NEW.ended_at IS NOT OLD.ended_at OR NEW.format IS NOT OLD.format OR NEW.path IS NOT OLD.path
    OR NEW.bytes IS NOT OLD.bytes OR NEW.seconds IS NOT OLD.seconds
    OR NEW.talk_seconds IS NOT OLD.talk_seconds OR NEW.sha256 IS NOT OLD.sha256
    OR NEW.callee_path IS NOT OLD.callee_path OR NEW.callee_sha256 IS NOT OLD.callee_sha256
    OR NEW.callee_dbfs IS NOT OLD.callee_dbfs OR NEW.agent_path IS NOT OLD.agent_path
    OR NEW.agent_sha256 IS NOT OLD.agent_sha256 OR NEW.agent_dbfs IS NOT OLD.agent_dbfs
    OR (NEW.number IS NOT OLD.number OR NEW.caller_id IS NOT OLD.caller_id OR NEW.channel IS NOT OLD.channel
        OR NEW.uniqueid IS NOT OLD.uniqueid)
       AND NOT (NEW.number = '' AND NEW.caller_id = '' AND NEW.channel = '' AND NEW.uniqueid = ''
                AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND key = OLD.id AND salt IS NULL)))
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed, only erased with its salt'); END;
