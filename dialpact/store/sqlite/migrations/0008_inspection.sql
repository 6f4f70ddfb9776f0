-- A report over a year reads a million decisions: from this index alone, not from the rows with all their inputs.
CREATE INDEX decision_in_report ON decision (decided_at, id, verdict, mode, dial, number, caller_id, campaign,
                                             business, trunk, behind_us, reasons);
