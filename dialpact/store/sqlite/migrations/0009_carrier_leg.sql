-- What the carrier and Asterisk said of each leg that was dialled under a decision: what a carrier's trace, a CDR
-- and an inspector's question are joined by. Written while the leg is up and once more at its end, then final.
CREATE TABLE carrier_leg (
    id           TEXT PRIMARY KEY,  -- of decision, node and unique id; says nothing by itself
    decision     TEXT NOT NULL,
    node         TEXT NOT NULL,
    channel      TEXT NOT NULL,
    uniqueid     TEXT NOT NULL,
    linkedid     TEXT NOT NULL,     -- of the call that the leg belongs to; empty: not known
    sip_call_id  TEXT NOT NULL,     -- empty: not known, or no SIP
    dialled_at   TEXT NOT NULL,
    ringing_at   TEXT,
    answered_at  TEXT,
    ended_at     TEXT,
    dial_status  TEXT NOT NULL,     -- Dial's word: ANSWER, BUSY, NOANSWER, ...; empty: not seen
    hangup_cause INTEGER            -- Q.850; null: the end was not seen
) STRICT;
CREATE INDEX carrier_leg_of ON carrier_leg (decision);

CREATE TRIGGER ledger_carrier_leg AFTER UPDATE ON carrier_leg WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('carrier-leg', NEW.id); END;
CREATE TRIGGER ledger_carrier_leg_ended AFTER INSERT ON carrier_leg WHEN NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('carrier-leg', NEW.id); END;

CREATE TRIGGER carrier_leg_end_is_final BEFORE UPDATE ON carrier_leg
WHEN OLD.ended_at IS NOT NULL AND NOT (
    NEW.id IS OLD.id AND NEW.decision IS OLD.decision AND NEW.node IS OLD.node AND NEW.dialled_at IS OLD.dialled_at
    AND NEW.ringing_at IS OLD.ringing_at AND NEW.answered_at IS OLD.answered_at AND NEW.ended_at IS OLD.ended_at
    AND NEW.dial_status IS OLD.dial_status AND NEW.hangup_cause IS OLD.hangup_cause
    AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.linkedid = '' AND NEW.sip_call_id = ''
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a leg that has ended is never changed, only erased with its salt'); END;
CREATE TRIGGER carrier_leg_stays BEFORE DELETE ON carrier_leg
BEGIN SELECT RAISE(ABORT, 'a leg is never deleted'); END;

CREATE TRIGGER ledger_erases_carrier_leg AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'carrier-leg'
BEGIN UPDATE carrier_leg SET channel = '', uniqueid = '', linkedid = '', sip_call_id = '' WHERE id = NEW.key; END;

-- As before, and legs go with their call.
DROP TRIGGER ledger_erased_with_leave;
CREATE VIEW call_of_leaf AS
SELECT 'decision' AS kind, id AS key, id AS decision FROM decision
UNION ALL SELECT 'recording', id, decision FROM recording
UNION ALL SELECT 'carrier-leg', id, decision FROM carrier_leg;
CREATE TRIGGER ledger_erased_with_leave BEFORE UPDATE OF salt ON ledger WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL
BEGIN
    SELECT RAISE(ABORT, 'only the records of calls are erased')
    WHERE OLD.kind NOT IN ('decision', 'recording', 'carrier-leg');
    SELECT RAISE(ABORT, 'a recording of this call is still kept')
    WHERE EXISTS (SELECT 1 FROM recording
                  WHERE (OLD.kind = 'recording' AND id = OLD.key
                         OR OLD.kind <> 'recording'
                            AND decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key))
                    AND (ended_at IS NULL OR keep_until IS NOT NULL AND disposed_at IS NULL));
    SELECT RAISE(ABORT, 'this call is under a legal hold')
    WHERE EXISTS (SELECT 1 FROM call_under_hold
                  WHERE decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key));
    SELECT RAISE(ABORT, 'a complaint about this call is still open')
    WHERE EXISTS (SELECT 1 FROM complaint
                  WHERE status = 'open'
                    AND decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key));
    SELECT RAISE(ABORT, 'an erasure is logged first')
    WHERE NOT EXISTS (SELECT 1 FROM json_each((SELECT detail FROM register_change
                                               WHERE register = 'ledger' AND action = 'erase'
                                               ORDER BY seq DESC LIMIT 1), '$.leaves') AS run
                      WHERE OLD.leaf_index BETWEEN json_extract(run.value, '$[0]')
                                               AND json_extract(run.value, '$[1]'));
END;
