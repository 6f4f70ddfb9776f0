-- A call that fails on one trunk and is tried on another asks twice: the second decision names the first.

-- The first decision of the call; empty for that one itself, and for a call that asked once.
ALTER TABLE decision ADD COLUMN continues TEXT NOT NULL DEFAULT '';
CREATE INDEX decision_by_first ON decision (continues) WHERE continues <> '';

DROP TRIGGER decision_is_final;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision
WHEN NOT (
    NEW.seq IS OLD.seq AND NEW.id IS OLD.id AND NEW.node IS OLD.node AND NEW.decided_at IS OLD.decided_at
    AND NEW.behind_us IS OLD.behind_us AND NEW.verdict IS OLD.verdict AND NEW.reasons IS OLD.reasons
    AND NEW.campaign IS OLD.campaign AND NEW.business IS OLD.business AND NEW.trunk IS OLD.trunk
    AND NEW.mode IS OLD.mode AND NEW.continues IS OLD.continues
    AND NEW.number = '' AND NEW.given = '' AND NEW.dial IS iif(OLD.dial = '', '', 'erased') AND NEW.caller_id = ''
    AND NEW.agent = '' AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.attack = '' AND NEW.retry_at IS NULL
    AND NEW.record = ''
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'decision' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a decision is never changed, only erased with its salt'); END;
