-- Who listened to a call or spoke into it without being in its bridge (ChanSpy, ExtenSpy, ARI snoop): an object, by
-- unique id and instant, of channel, way, heard_by (nobody, agent, customer), since and until (null: not seen).
ALTER TABLE carrier_leg ADD COLUMN supervision TEXT NOT NULL DEFAULT '{}'
    CHECK (json_type(supervision) = 'object');

DROP TRIGGER carrier_leg_end_is_final;
CREATE TRIGGER carrier_leg_end_is_final BEFORE UPDATE ON carrier_leg
WHEN OLD.ended_at IS NOT NULL AND NOT (
    NEW.id IS OLD.id AND NEW.decision IS OLD.decision AND NEW.node IS OLD.node AND NEW.dialled_at IS OLD.dialled_at
    AND NEW.ringing_at IS OLD.ringing_at AND NEW.answered_at IS OLD.answered_at AND NEW.ended_at IS OLD.ended_at
    AND NEW.dial_status IS OLD.dial_status AND NEW.hangup_cause IS OLD.hangup_cause
    AND NEW.interlock IS OLD.interlock
    AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.linkedid = '' AND NEW.sip_call_id = '' AND NEW.sent_from = ''
    AND NEW.supervision = '{}'
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a leg that has ended is never changed, only erased with its salt'); END;

DROP TRIGGER ledger_erases_carrier_leg;
CREATE TRIGGER ledger_erases_carrier_leg AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'carrier-leg'
BEGIN
    UPDATE carrier_leg SET channel = '', uniqueid = '', linkedid = '', sip_call_id = '', sent_from = '',
        supervision = '{}'
    WHERE id = NEW.key;
END;
