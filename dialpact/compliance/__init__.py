"""What must hold: rules, numbers, calendars, registers, ledger, configuration. No Asterisk, no store."""
