-- Whether a list that is imported for the campaign is held until it was scrubbed. No decision reads it: the batch says
-- so itself (batch.held).
ALTER TABLE campaign ADD COLUMN scrub_leads INTEGER NOT NULL DEFAULT 0 CHECK (scrub_leads IN (0, 1));
