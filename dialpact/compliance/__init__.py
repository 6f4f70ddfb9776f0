"""What must hold: rules, numbers, calendars, registers, store, configuration. Knows no Asterisk."""
