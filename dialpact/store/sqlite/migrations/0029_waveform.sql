-- What is drawn of a recording before anybody hears it: the levels of a side, as the listener made them when it measured
-- the file. Their digest is in the recording's own row (sound), and so in its leaf. They go with the recording.
CREATE TABLE waveform (
    recording TEXT NOT NULL REFERENCES recording (id),
    side      TEXT NOT NULL CHECK (side IN ('callee', 'agent')),
    stretches INTEGER NOT NULL CHECK (stretches > 0),  -- of 20 ms, in a level
    levels    BLOB NOT NULL CHECK (length(levels) <= 1200),  -- of 255, a byte each
    PRIMARY KEY (recording, side)
) STRICT;
CREATE TRIGGER waveform_is_of_a_recording_that_is_kept BEFORE INSERT ON waveform
WHEN NOT EXISTS (SELECT 1 FROM recording WHERE id = NEW.recording AND ended_at IS NOT NULL AND disposed_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a waveform is of a recording that has ended and is there'); END;
CREATE TRIGGER waveform_is_final BEFORE UPDATE ON waveform
BEGIN SELECT RAISE(ABORT, 'a waveform is never changed'); END;
CREATE TRIGGER waveform_goes_with_the_recording AFTER UPDATE OF disposed_at ON recording
WHEN NEW.disposed_at IS NOT NULL
BEGIN DELETE FROM waveform WHERE recording = NEW.id; END;
