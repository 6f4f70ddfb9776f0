-- A call's voices: each recording says whose channel it was made on and how its file fits the time; a leg says by
-- which number it left, and what the interlock did.

-- carrier: on the carrier leg; joined: on a channel that joined its bridge later; supervisor: on a channel that
-- speaks into the call without being in its bridge (ChanSpy, snoop).
ALTER TABLE recording ADD COLUMN part TEXT NOT NULL DEFAULT 'carrier'
    CHECK (part IN ('carrier', 'joined', 'supervisor'));
-- JSON: time against file, silence and packets on each side; empty: not measured.
ALTER TABLE recording ADD COLUMN sound TEXT NOT NULL DEFAULT '';
-- 1: nobody saw the call's end, so it may have been answered; kept as long as one that was.
ALTER TABLE recording ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0 CHECK (unseen IN (0, 1));
-- The caller number as it left for the carrier; empty: not known.
ALTER TABLE carrier_leg ADD COLUMN sent_from TEXT NOT NULL DEFAULT '';
-- The interlock's word: through, refused; empty: it did not run, or was not seen.
ALTER TABLE carrier_leg ADD COLUMN interlock TEXT NOT NULL DEFAULT '';

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
    OR NEW.part IS NOT OLD.part OR NEW.sound IS NOT OLD.sound OR NEW.unseen IS NOT OLD.unseen
    OR (NEW.number IS NOT OLD.number OR NEW.caller_id IS NOT OLD.caller_id OR NEW.channel IS NOT OLD.channel
        OR NEW.uniqueid IS NOT OLD.uniqueid)
       AND NOT (NEW.number = '' AND NEW.caller_id = '' AND NEW.channel = '' AND NEW.uniqueid = ''
                AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND key = OLD.id AND salt IS NULL)))
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed, only erased with its salt'); END;

DROP TRIGGER carrier_leg_end_is_final;
CREATE TRIGGER carrier_leg_end_is_final BEFORE UPDATE ON carrier_leg
WHEN OLD.ended_at IS NOT NULL AND NOT (
    NEW.id IS OLD.id AND NEW.decision IS OLD.decision AND NEW.node IS OLD.node AND NEW.dialled_at IS OLD.dialled_at
    AND NEW.ringing_at IS OLD.ringing_at AND NEW.answered_at IS OLD.answered_at AND NEW.ended_at IS OLD.ended_at
    AND NEW.dial_status IS OLD.dial_status AND NEW.hangup_cause IS OLD.hangup_cause
    AND NEW.interlock IS OLD.interlock
    AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.linkedid = '' AND NEW.sip_call_id = '' AND NEW.sent_from = ''
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a leg that has ended is never changed, only erased with its salt'); END;

DROP TRIGGER ledger_erases_carrier_leg;
CREATE TRIGGER ledger_erases_carrier_leg AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'carrier-leg'
BEGIN
    UPDATE carrier_leg SET channel = '', uniqueid = '', linkedid = '', sip_call_id = '', sent_from = ''
    WHERE id = NEW.key;
END;

-- What a recording has become is part of its leaf: it is never changed either.
CREATE TRIGGER recording_state_is_final BEFORE UPDATE OF state ON recording
WHEN OLD.ended_at IS NOT NULL AND NEW.state IS NOT OLD.state
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed, only erased with its salt'); END;
