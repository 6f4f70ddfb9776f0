"""What must hold. Knows no Asterisk: rules, numbers, calendars, registers, the store and the configuration."""
