"""What must hold: rules, numbers, calendars, registers, ledger, configuration. Knows no Asterisk and no store."""
