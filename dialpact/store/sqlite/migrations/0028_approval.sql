-- What takes two officers (compliance/registers/approval.py): who asked for what, and who confirmed it or did not.
CREATE TABLE approval (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    about     TEXT NOT NULL,             -- JSON: what is asked for
    seen      TEXT NOT NULL,             -- JSON: how that stood when it was asked
    reason    TEXT NOT NULL CHECK (reason <> ''),
    asked_by  TEXT NOT NULL CHECK (asked_by <> ''),
    asked_at  TEXT NOT NULL,
    lapses_at TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'done', 'declined', 'withdrawn')),
    closed_by TEXT NOT NULL DEFAULT '',
    closed_at TEXT,
    note      TEXT NOT NULL DEFAULT '',  -- why it was declined
    came      TEXT,                      -- JSON: what an erasure took
    CHECK ((state = 'open') = (closed_by = '') AND (state = 'open') = (closed_at IS NULL)),
    CHECK (state NOT IN ('confirmed', 'done') OR closed_by <> asked_by),
    CHECK ((state = 'done') = (came IS NOT NULL))
) STRICT;
CREATE INDEX approval_open ON approval (lapses_at) WHERE state = 'open';

CREATE TRIGGER approval_begins_open BEFORE INSERT ON approval
WHEN NEW.state <> 'open' OR EXISTS (SELECT 1 FROM approval WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a request is open first'); END;
CREATE TRIGGER approval_is_closed_once BEFORE UPDATE ON approval
WHEN NOT ((OLD.state = 'open' AND NEW.state IN ('confirmed', 'declined', 'withdrawn'))
          OR (OLD.state = 'confirmed' AND NEW.state = 'done'
              AND NEW.closed_by IS OLD.closed_by AND NEW.closed_at IS OLD.closed_at))
  OR NEW.id IS NOT OLD.id OR NEW.about IS NOT OLD.about OR NEW.seen IS NOT OLD.seen
  OR NEW.reason IS NOT OLD.reason OR NEW.asked_by IS NOT OLD.asked_by OR NEW.asked_at IS NOT OLD.asked_at
  OR NEW.lapses_at IS NOT OLD.lapses_at
BEGIN SELECT RAISE(ABORT, 'a request is closed once, and is not changed'); END;
CREATE TRIGGER approval_stays BEFORE DELETE ON approval
BEGIN SELECT RAISE(ABORT, 'a request is closed, never deleted'); END;
