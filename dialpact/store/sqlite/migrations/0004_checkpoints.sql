-- A checkpoint was given out: it stays what it was.
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;
CREATE TRIGGER ledger_node_is_final BEFORE UPDATE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'a hash of the ledger is never changed'); END;
CREATE TRIGGER ledger_node_stays BEFORE DELETE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'a hash of the ledger is never deleted'); END;
CREATE INDEX register_change_of_ledger ON register_change (action) WHERE register = 'ledger';
